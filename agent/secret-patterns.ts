/** Shorter values are not masked: they would mask half of every log. */
export const SHORTEST_SECRET = 3;
/** Shorter encoded forms appear by chance. */
const SHORTEST_ENCODED = 6;

/** Of a secret that a shell has taken for code; shorter words would mask what has nothing to do with it. */
const SHORTEST_WORD = 8;

const encoder = new TextEncoder();

export interface SecretPattern {
  readonly bytes: Uint8Array;
  /** Also where a line ends in the middle of it. */
  readonly wraps: boolean;
  /** Of one that wraps, so many bytes before the end of a line may be its beginning. What fewer of them leave has a pattern too. */
  readonly begins: number;
}

/** As many characters of base64 may end a line without anybody waiting for the next one. */
const UNNOTICED = 3;

/** Every form in which a secret's value is recognized in output: itself, its lines, and its common encodings. */
export function secretPatterns(value: string): readonly SecretPattern[] {
  const plain = plainForms(value).map((form) => ({ bytes: encoder.encode(form), wraps: false, begins: 1 }));
  return [...plain, ...wrappingForms(value)];
}

/** The text, and without the space around it, which whoever prints it may leave out. */
const wholes = (text: string): readonly string[] =>
  [...new Set([text, text.trim()])].filter((each) => each.length >= SHORTEST_SECRET);

/** Base64 is broken into lines wherever its own text happens to be, and the secret may stand anywhere in that. */
function wrappingForms(value: string): readonly SecretPattern[] {
  const found = new Map<string, SecretPattern>();
  for (const whole of wholes(value)) {
    for (const form of base64Alphabets(whole)) {
      const rests = [1, 2, UNNOTICED].map((from) => form.slice(from));
      const all = rests.every((rest) => rest.length >= SHORTEST_ENCODED) ? [form, ...rests] : [form];
      for (const each of all) {
        if (each.length < SHORTEST_ENCODED || found.has(each)) continue;
        found.set(each, { bytes: encoder.encode(each), wraps: true, begins: all.length > 1 ? UNNOTICED + 1 : 1 });
      }
    }
  }
  return [...found.values()];
}

function plainForms(value: string): readonly string[] {
  const forms = new Set([value, ...value.split(/\r?\n/)].flatMap(wholes));
  for (const whole of wholes(value)) {
    for (const encoded of encodings(whole)) if (encoded.length >= SHORTEST_ENCODED) forms.add(encoded);
    for (const word of takenForCode(whole)) if (word.length >= SHORTEST_WORD) forms.add(word);
  }
  return [...forms];
}

function* base64Alphabets(plain: string): Iterable<string> {
  for (const encoded of base64Forms(encoder.encode(plain))) {
    yield encoded;
    yield encoded.replaceAll('+', '-').replaceAll('/', '_');
  }
}

function* encodings(plain: string): Iterable<string> {
  yield* wrappedBase64(encoder.encode(plain));
  yield* quotedForms(plain);
  const url = percentEncoded(plain);
  yield url;
  yield url.replaceAll('%20', '+');
  yield url.replace(/%[0-9A-F]{2}/g, (hex) => hex.toLowerCase());
  yield JSON.stringify(plain).slice(1, -1);
}

/** As shells show a value they were given: in the trace of `set -x`, and where they list variables. */
function* quotedForms(plain: string): Iterable<string> {
  yield plain.replaceAll("'", String.raw`'\''`);
  yield plain.replaceAll("'", `'"'"'`);
  yield plain.replaceAll(/[\\"$`]/g, String.raw`\$&`);
}

/**
 * What a shell complains of when a secret stands in a script as it is and holds characters that mean something to the
 * shell: the words between them, and the whole without its quotes.
 */
function* takenForCode(plain: string): Iterable<string> {
  // The text of a key is no word of a script, and parts of its first line stand in every other key.
  if (/[\r\n]/.test(plain)) return;
  yield plain.replaceAll(/['"\\]/g, '');
  yield* plain.split(/[\s'"`\\;&|<>(){}$!#*?~]+/);
}

/** For those who print them apart from each other, the lines of those tools that break base64: GNU's and the one for mail at 76 characters, OpenSSL's at 64. */
function* wrappedBase64(bytes: Uint8Array): Iterable<string> {
  const [whole = ''] = base64Forms(bytes);
  for (const width of [64, 76]) {
    if (whole.length <= width) continue;
    for (let from = 0; from < whole.length; from += width) yield whole.slice(from, from + width);
  }
}

// `encodeURIComponent` throws on half a surrogate pair, which a secret may well hold.
const percentEncoded = (plain: string): string => encodeURIComponent(plain.replace(/\p{Surrogate}/gu, '\uFFFD'));

/**
 * The characters of base64 that depend on these bytes alone, for each of the three places where they can begin in a
 * longer text (`user:password` in a basic authorization, for one).
 */
function* base64Forms(bytes: Uint8Array): Iterable<string> {
  for (const before of [0, 1, 2]) {
    const padded = new Uint8Array(before + bytes.length);
    padded.set(bytes, before);
    const text = btoa(String.fromCharCode(...padded));
    const from = Math.ceil((before * 8) / 6);
    yield text.slice(from, Math.floor((padded.length * 8) / 6));
  }
}
