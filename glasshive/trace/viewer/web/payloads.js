// What the events of a trace carry: packed in blocks, or in the lines of the trace itself. Either is
// read a block at a time, as what `valueOf` makes a payload of.

const BLOCKS_KEPT = 64;

export async function unpacked(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}

export class Packed {
  constructor(texts, together) {
    this.together = together; // events of a block
    this.blocks = texts.length;
    this._texts = texts;
    this._known = new Map();
  }
  async block(number) {
    const known = this._known.get(number);
    if (known) return known;
    const block = unpacked(this._texts[number]).then((bytes) =>
      new TextDecoder().decode(bytes).split("\n"),
    );
    if (this._known.size >= BLOCKS_KEPT) this._known.delete(this._known.keys().next().value);
    this._known.set(number, block);
    return block;
  }
  valueOf(line) {
    return line ? JSON.parse(line) : undefined;
  }
}

export class Plain {
  constructor(lines) {
    this.together = 1000;
    this.blocks = Math.ceil(lines.length / this.together);
    this._lines = lines;
  }
  async block(number) {
    return this._lines.slice(number * this.together, (number + 1) * this.together);
  }
  valueOf(line) {
    return JSON.parse(line).data;
  }
}
