// Makes elements of the page.

export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "class") element.className = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

// A canvas that is as sharp as its screen; calls back when its size has changed.
export function sharp(canvas, changed) {
  const context = canvas.getContext("2d");
  const size = { width: 0, height: 0 };
  const fit = () => {
    const box = canvas.getBoundingClientRect();
    const ratio = window.devicePixelRatio || 1;
    size.width = Math.max(320, box.width);
    size.height = Math.max(1, box.height);
    canvas.width = Math.round(size.width * ratio);
    canvas.height = Math.round(size.height * ratio);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    changed();
  };
  fit();
  new ResizeObserver(fit).observe(canvas);
  return { context, size, fit };
}
