import { isAlias, isMap, isScalar, isSeq, LineCounter, parseAllDocuments, type Document, type Node } from 'yaml';
import type { Json } from '@fairlead/proto/model/json.ts';
import type { Path, Position, Problem, SourceFile } from './problem.ts';
import { pathText } from './problem.ts';
import { SourceMap } from './source-map.ts';

/** Far above what people write, far below what hurts. */
export const SOURCE_LIMITS = {
  totalCharacters: 8_000_000,
  files: 1_000,
  depth: 64,
  nodes: 200_000,
  aliases: 1_000,
} as const;

/** One YAML document: plain data, and where each part of it stands. */
export interface ReadDocument {
  readonly file: string;
  readonly data: Json;
  readonly map: SourceMap;
}

export interface Reading {
  readonly documents: readonly ReadDocument[];
  readonly problems: readonly Problem[];
}

/** Never throws, whatever the text. */
export function readYaml(file: SourceFile): Reading {
  const lines = new LineCounter();
  const positionAt = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { file: file.name, line: Math.max(1, line), column: Math.max(1, col) };
  };
  const problems: Problem[] = [];
  const report = (offset: number, path: Path, reason: string, mend: string): void => {
    problems.push({ ...positionAt(offset), path: pathText(path), reason, mend });
  };
  let parsed: readonly Document.Parsed[];
  try {
    const result = parseAllDocuments(file.text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false });
    parsed = 'empty' in result ? [] : result;
  } catch (error) {
    // The composer calls itself for every level; nothing else in it throws.
    if (!(error instanceof RangeError)) throw error;
    report(
      0,
      [],
      'the text nests too deeply to be read',
      'Nest less: the deepest useful definition has about 12 levels.',
    );
    return { documents: [], problems };
  }
  const documents: ReadDocument[] = [];
  for (const document of parsed) {
    const told = new Set<number>();
    for (const each of [...document.errors, ...document.warnings]) {
      // What follows on the same line is mostly what the first one caused.
      const { line } = positionAt(each.pos[0]);
      if (told.has(line)) continue;
      told.add(line);
      const mend = lineText(file.text, line).includes('${')
        ? "Mend the syntax: inside { } and [ ] an expression must be quoted, '${…}'."
        : 'Mend the syntax; YAML 1.2 is what is read.';
      report(each.pos[0], [], `this is no YAML: ${each.message}`, mend);
    }
    if (document.errors.length > 0 || document.contents === null) continue;
    const map = new SourceMap(positionAt(document.contents.range[0]));
    const data = toPlain(document, map, positionAt, report);
    if (data !== undefined && data !== null) documents.push({ file: file.name, data, map });
  }
  return { documents, problems };
}

const lineText = (text: string, line: number): string => text.split('\n', line)[line - 1] ?? '';

type ReportAt = (offset: number, path: Path, reason: string, mend: string) => void;

function toPlain(
  document: Document.Parsed,
  map: SourceMap,
  positionAt: (offset: number) => Position,
  report: ReportAt,
): Json | undefined {
  let nodes = 0;
  let aliases = 0;
  let full = false;

  const convert = (node: Node | null, path: Path, offset: number): Json | undefined => {
    nodes += 1;
    if (isAlias(node)) aliases += 1;
    if (full) return undefined;
    if (nodes > SOURCE_LIMITS.nodes || aliases > SOURCE_LIMITS.aliases || path.length > SOURCE_LIMITS.depth) {
      full = true;
      const { depth, nodes: most, aliases: mostAliases } = SOURCE_LIMITS;
      const limit = `${depth} levels, ${most} values and ${mostAliases} aliases`;
      report(offset, path, `the document has more than ${limit}, aliases filled in`, 'Write less in one document.');
      return undefined;
    }
    const start = node?.range?.[0] ?? offset;
    if (isAlias(node)) return convert(node.resolve(document) ?? null, path, start);
    if (isScalar(node)) return scalar(node.value, node.source, start, path);
    if (isSeq(node)) return list(node.items, path, start);
    if (isMap(node)) return record(node.items, path, start);
    return null;
  };

  const list = (items: readonly unknown[], path: Path, offset: number): Json =>
    items.map((item, index) => {
      const node = item as Node | null; // Items of a parsed sequence are nodes.
      const start = node?.range?.[0] ?? offset;
      const own = [...path, index];
      map.add(own, positionAt(start), positionAt(start));
      return convert(node, own, start) ?? null;
    });

  const record = (items: readonly { key: unknown; value: unknown }[], path: Path, offset: number): Json => {
    const entries = new Map<string, Json>();
    for (const { key, value } of items) {
      const start = (key as Node | null)?.range?.[0] ?? offset;
      if (!isScalar(key) || key.value === null) {
        report(start, path, 'a key must be a plain name', 'Write a name before the colon.');
        continue;
      }
      const name = key.source ?? String(key.value);
      const own = [...path, name];
      if (entries.has(name)) {
        report(start, own, `'${name}' stands here twice`, 'Keep one of the two.');
        continue;
      }
      if (name === '__proto__' || name === '<<') {
        report(start, own, `'${name}' cannot be used as a name`, 'Choose another name.');
        continue;
      }
      const node = value as Node | null; // Values of a parsed map are nodes.
      map.add(own, positionAt(node?.range?.[0] ?? start), positionAt(start));
      const converted = convert(node, own, node?.range?.[0] ?? start);
      entries.set(name, converted ?? null);
    }
    return Object.fromEntries(entries);
  };

  const scalar = (value: unknown, source: string | undefined, offset: number, path: Path): Json => {
    if (typeof value === 'string') {
      if (/-----BEGIN [A-Z ]*PRIVATE KEY/.test(value)) {
        const mend = 'Put it into a file on the agent and write secret:file:/path/to/the/key.';
        report(offset, path, 'a private key must not stand in a definition', mend);
        return 'secret:refused';
      }
      return value;
    }
    // `1.10` is a version to people and 1.1 to YAML: only a number that reads back the same is one.
    if (typeof value === 'number') return source === undefined || String(value) === source ? value : source;
    if (typeof value === 'boolean' || value === null) return value;
    return source ?? String(value);
  };

  const { contents } = document;
  return convert(contents, [], contents?.range[0] ?? 0);
}
