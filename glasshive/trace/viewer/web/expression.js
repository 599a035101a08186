// Filter expressions, in the language of `--where`: what docs/traces.md describes.

const WORDS =
  /\s*(?:(?<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(?<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?<name>[A-Za-z_]\w*(?:\.(?:[A-Za-z_]\w*|\d+))*)|(?<sign>==|!=|<=|>=|<|>|\(|\)|\[|\]|,))/y;
const KEYWORDS = ["and", "or", "not", "in", "contains", "true", "false", "null"];
const LITERALS = { true: true, false: false, null: null };
const SIGNS = ["==", "!=", "<", "<=", ">", ">="];
const RECEIVED = ["deliver", "drop", "unread"];
const DEEPEST = 100;
const MISTAKES = {
  "=": "two make an equals sign: ==",
  "!": "write not, or !=",
  "&": "write and",
  "|": "write or",
  '"': 'the text has no end; close it with "',
  "'": "the text has no end; close it with '",
};

const known = (value) => (value === null || value === undefined ? [] : [value]);
const ends = (seen) => {
  if (seen.message === null) return [null, null];
  return RECEIVED.includes(seen.kind) ? [seen.peer, seen.actor] : [seen.actor, seen.peer];
};

// What can be asked of an event; a way through a list stands for several values.
const FIELDS = {
  index: (seen) => [seen.index],
  time: (seen) => [seen.time],
  kind: (seen) => [seen.kind],
  actor: (seen) => [seen.actor],
  peer: (seen) => known(seen.peer),
  sender: (seen) => known(ends(seen)[0]),
  receiver: (seen) => known(ends(seen)[1]),
  type: (seen) => known(seen.type),
  message: (seen) => known(seen.message),
  cause: (seen) => known(seen.cause),
  job: (seen) => seen.jobs,
  data: (seen) => dataOf(seen, []),
};

export class BadExpression extends Error {}

// Reads a text; `holds` says of an event whether it fulfils it, and `asksForData` whether that
// takes its payload. Raises BadExpression with a sentence.
export function parsed(text) {
  const reader = new Reader(text);
  const holds = reader.any(0);
  if (reader.word.kind !== "end")
    throw reader.wrong("stands where the expression should end", "join two with and, or or");
  return { holds, asksForData: reader.asksForData };
}

function wordsOf(text) {
  const words = [];
  let at = 0;
  while (text.slice(at).trim()) {
    WORDS.lastIndex = at;
    const found = WORDS.exec(text);
    if (!found) {
      at = text.length - text.slice(at).trimStart().length;
      const remedy = MISTAKES[text[at]] ?? 'compare a field with a value, such as type == "Cancel"';
      throw new BadExpression(`character ${at + 1}: ${text[at]} begins nothing here; ${remedy}`);
    }
    const [kind, word] = Object.entries(found.groups).find(([, group]) => group !== undefined);
    at = WORDS.lastIndex;
    words.push({ kind, text: word, at: at - word.length });
  }
  return [...words, { kind: "end", text: "", at: text.trimEnd().length }];
}

class Reader {
  constructor(text) {
    this.words = wordsOf(text);
    this.at = 0;
    this.asksForData = false;
  }

  get word() {
    return this.words[this.at];
  }

  wrong(what, remedy, word = this.word) {
    const named = word.kind === "end" ? "the end" : word.text;
    return new BadExpression(`character ${word.at + 1}: ${named} ${what}; ${remedy}`);
  }

  take(text) {
    const { word } = this;
    if (!["name", "sign"].includes(word.kind) || word.text !== text) return false;
    this.at += 1;
    return true;
  }

  step() {
    const { word } = this;
    if (word.kind !== "end") this.at += 1;
    return word;
  }

  any(depth) {
    const tests = [this.all(depth)];
    while (this.take("or")) tests.push(this.all(depth));
    return (seen) => tests.some((test) => test(seen));
  }

  all(depth) {
    const tests = [this.not(depth)];
    while (this.take("and")) tests.push(this.not(depth));
    return (seen) => tests.every((test) => test(seen));
  }

  not(depth) {
    if (depth > DEEPEST) throw this.wrong("is nested too deep", `nest at most ${DEEPEST} levels`);
    if (this.take("not")) {
      const test = this.not(depth + 1);
      return (seen) => !test(seen);
    }
    if (this.take("(")) {
      const test = this.any(depth + 1);
      if (!this.take(")")) throw this.wrong("stands where a ) is missing", "close the parenthesis");
      return test;
    }
    return this.comparison();
  }

  comparison() {
    const first = this.word;
    const left = this.operand();
    const compares = [...SIGNS, "in", "not", "contains"].includes(this.word.text);
    if (first.kind !== "name" && !(compares && ["name", "sign"].includes(this.word.kind)))
      throw this.wrong("is not compared with anything", "compare it with a field", first);
    let negated = false;
    if (this.take("not")) {
      if (this.word.text !== "in")
        throw this.wrong("stands where `not in` would go on", "write not in [...]");
      negated = true;
    }
    const { word } = this;
    if (word.kind === "sign" && SIGNS.includes(word.text)) {
      this.at += 1;
      return compared(word.text, left, this.operand());
    }
    if (this.take("contains")) {
      const right = this.operand();
      return (seen) => contained(left(seen), right(seen));
    }
    if (this.take("in")) {
      const choices = this.list();
      return (seen) => negated !== left(seen).some((each) => equal(each, choices));
    }
    return (seen) => left(seen).some((value) => value !== null && value !== false);
  }

  list() {
    if (!this.take("["))
      throw this.wrong("stands where a list is missing", 'write a list, such as ["a", "b"]');
    const values = [];
    while (!this.take("]")) {
      if (values.length && !this.take(","))
        throw this.wrong("stands where a , or ] is missing", "close the list with ]");
      const word = this.step();
      if (!isLiteral(word))
        throw this.wrong("is no value", 'a list holds numbers and "texts"', word);
      values.push(this.literal(word));
    }
    return values;
  }

  operand() {
    const word = this.step();
    if (isLiteral(word)) {
      const value = [this.literal(word)];
      return () => value;
    }
    if (word.kind === "name" && !KEYWORDS.includes(word.text)) {
      const [name, ...way] = word.text.split(".");
      if (!Object.hasOwn(FIELDS, name)) {
        const remedy = `known: ${Object.keys(FIELDS).sort().join(", ")}`;
        throw this.wrong("is no field of an event", `${remedy}; texts stand in quotes`, word);
      }
      if (name === "data") {
        this.asksForData = true;
        return (seen) => dataOf(seen, way);
      }
      if (way.length) throw this.wrong(`goes into ${name}, which has no parts`, "only data has", word);
      return FIELDS[name];
    }
    throw this.wrong("stands where a field or a value is missing", "write one", word);
  }

  literal(word) {
    if (word.kind === "number") return Number(word.text);
    if (word.kind === "name") return LITERALS[word.text];
    let { text } = word;
    if (text[0] === "'") text = `"${text.slice(1, -1).replaceAll('"', '\\"').replaceAll("\\'", "'")}"`;
    try {
      return JSON.parse(text);
    } catch {
      throw this.wrong("is no text", 'a backslash stands before \\, ", n, t or uXXXX', word);
    }
  }
}

const isLiteral = (word) =>
  ["number", "text"].includes(word.kind) ||
  (word.kind === "name" && Object.hasOwn(LITERALS, word.text));

// What a way leads to: in the event's own line, and if not there in its message.
function dataOf(seen, way) {
  const own = followed(seen.data, way);
  return own.length || seen.payload === seen.data ? own : followed(seen.payload, way);
}

function followed(value, way) {
  let values = known(value);
  for (const step of way) {
    const found = [];
    for (const each of values) {
      if (!Array.isArray(each)) {
        if (isObject(each) && Object.hasOwn(each, step)) found.push(each[step]);
      } else if (/^\d+$/.test(step)) found.push(...each.slice(Number(step), Number(step) + 1));
      else for (const item of each) if (isObject(item) && Object.hasOwn(item, step)) found.push(item[step]);
    }
    values = found;
  }
  return values.flat();
}

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

// Values of other classes are never equal, and nothing at all equals null.
function equal(one, others) {
  return others.some((other) => same(one, other));
}

function same(one, other) {
  if (typeof one !== "object" || one === null || typeof other !== "object" || other === null)
    return one === other;
  const names = Object.keys(one);
  return (
    Array.isArray(one) === Array.isArray(other) &&
    names.length === Object.keys(other).length &&
    names.every((name) => Object.hasOwn(other, name) && same(one[name], other[name]))
  );
}

const ORDERS = {
  "<": (one, other) => one < other,
  "<=": (one, other) => one <= other,
  ">": (one, other) => one > other,
  ">=": (one, other) => one >= other,
};
const isOrdered = (value) => typeof value === "number" || typeof value === "string";
// Texts are put in order by their characters' numbers, which JavaScript does only for its units.
const byCharacters = (one, other) => {
  const [left, right] = [Array.from(one), Array.from(other)];
  const place = left.findIndex((letter, at) => letter !== right[at]);
  if (place < 0) return left.length - right.length;
  return right[place] === undefined ? 1 : left[place].codePointAt(0) - right[place].codePointAt(0);
};

function compared(sign, left, right) {
  if (sign === "==" || sign === "!=") {
    const fallback = (values) => (values.length ? values : [null]);
    const test = (seen) => {
      const others = fallback(right(seen));
      return fallback(left(seen)).some((one) => equal(one, others));
    };
    return sign === "==" ? test : (seen) => !test(seen);
  }
  const holds = (one, other) => {
    if (!isOrdered(one) || typeof one !== typeof other) return false;
    return typeof one === "number"
      ? ORDERS[sign](one, other)
      : ORDERS[sign](byCharacters(one, other), 0);
  };
  return (seen) => {
    const others = right(seen);
    return left(seen).some((one) => others.some((other) => holds(one, other)));
  };
}

function contained(left, right) {
  const within = (one, other) =>
    typeof one === "string" && typeof other === "string" ? one.includes(other) : equal(one, [other]);
  return left.some((one) => right.some((other) => within(one, other)));
}
