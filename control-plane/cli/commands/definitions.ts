import { z } from 'zod';
import type { Context } from '../context.ts';
import { readDefinitions } from '../definition-files.ts';
import type { ExitCode } from '../exit-codes.ts';
import { EXIT } from '../exit-codes.ts';
import { present, tableOf } from '../output.ts';

const applied = z.object({
  applied: z.boolean(),
  revision: z.int(),
  changes: z.array(z.object({ change: z.string(), kind: z.string(), name: z.string() })),
});
const explained = z.object({ text: z.string() });
const definitions = z.object({ revision: z.int(), text: z.string(), items: z.array(z.looseObject({})) });

export async function apply(
  context: Context,
  options: { readonly file: readonly string[]; readonly dryRun?: boolean; readonly prune?: boolean },
): Promise<ExitCode> {
  const result = await context.api.post('/definitions/apply', applied, {
    files: readDefinitions(options.file),
    dryRun: options.dryRun ?? false,
    ...(options.prune === undefined ? {} : { prune: options.prune }),
  });
  present(context.format, result, () => {
    if (result.changes.length === 0) return `Nothing to change: revision ${result.revision} says so already.`;
    const lines = result.changes.map((each) => `  ${each.change} ${each.kind} ${each.name}`);
    const head =
      options.dryRun === true ? 'Would change (nothing was applied):' : `Applied as revision ${result.revision}:`;
    return [head, ...lines].join('\n');
  });
  return EXIT.SUCCESS;
}

export async function explain(context: Context, options: { readonly file?: readonly string[] }): Promise<ExitCode> {
  const result =
    options.file === undefined
      ? await context.api.get('/definitions/explain', explained)
      : await context.api.post('/definitions/explain', explained, { files: readDefinitions(options.file) });
  if (context.format === 'json') present('json', result, () => '');
  // The canonical text is YAML.
  else process.stdout.write(result.text);
  return EXIT.SUCCESS;
}

export async function get(context: Context, kind: string | undefined, name: string | undefined): Promise<ExitCode> {
  const result = await context.api.get('/definitions', definitions, { kind, name });
  // As it was written, so that `get -o yaml | apply -f -` changes nothing.
  if (context.format === 'yaml') process.stdout.write(result.text);
  else {
    present(context.format, { revision: result.revision, items: result.items }, () => {
      const rows = result.items.map((item) => [cell(item['kind']), cell(item['application']), cell(item['name'])]);
      return tableOf(['KIND', 'APPLICATION', 'NAME'], rows, 'Nothing is defined. Begin with `fairlead init`.');
    });
  }
  return EXIT.SUCCESS;
}

const cell = (value: unknown): string | null => (typeof value === 'string' ? value : null);
