// The style sheet's colours, for what is drawn.

const NAMES = ["paper", "card", "ink", "soft", "grid", "accent", "good", "bad", "quiet", "waiting", "working"];
const MOST_LINES = 8;

export const theme = { lines: [], dark: false };

// Reads the colours of the screen, or those of paper, which are the style sheet's first rule and hold
// no sooner than the page is on its way to the printer.
export function readTheme({ paper = false } = {}) {
  const style = paper ? document.styleSheets[0].cssRules[0].style : getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(`--${name}`).trim();
  for (const name of NAMES) theme[name] = colour(name);
  theme.lines = Array.from({ length: MOST_LINES }, (_, number) => colour(`line-${number}`));
  theme.font = getComputedStyle(document.body).fontFamily;
}

// The most frequent types of messages have a colour each, and all others share the last one.
export function lineOf(trace, type) {
  return Math.min(trace.rankOfType[type], MOST_LINES - 1);
}
