// The style sheet's colours, for what is drawn.

const NAMES = ["paper", "card", "ink", "soft", "grid", "accent", "good", "bad", "quiet", "waiting"];
const MOST_LINES = 8;

export const theme = { lines: [], dark: false };

export function readTheme() {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(`--${name}`).trim();
  for (const name of NAMES) theme[name] = colour(name);
  theme.lines = Array.from({ length: MOST_LINES }, (_, number) => colour(`line-${number}`));
  theme.font = getComputedStyle(document.body).fontFamily;
}

// The most frequent types of messages have a colour each, and all others share the last one.
export function lineOf(trace, type) {
  return Math.min(trace.rankOfType[type], MOST_LINES - 1);
}
