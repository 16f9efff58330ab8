import { createPatterns } from '@fairlead/proto/expressions/patterns.ts';
import { Problem } from '@fairlead/proto/expressions/problem.ts';
import type { Scope } from '@fairlead/proto/expressions/index.ts';
import type { Entity } from './catalog.ts';
import { checkText, checkValue } from './check-text.ts';
import { completeCommands } from './default-commands.ts';
import { isJsonObject, own } from './json-values.ts';
import type { LongConfigFiles, LongService, LongUnit, Values } from './long-form.ts';
import { whatExists } from './nearest.ts';
import { readUnit } from './normalize-steps.ts';
import type { Path, Report } from './problem.ts';

/** `within`: what its texts may name, whatever workflow and environment it is deployed with. */
export function validateService(service: Entity<'service'>, within: Scope, report: Report): void {
  const { spec } = service;
  validateValues(spec.variables ?? {}, ['variables'], within, report);
  validateConfigFiles(spec.configFiles ?? {}, ['configFiles'], within, report);
  for (const which of ['start', 'stop'] as const) {
    const script = spec[which];
    const command = which === 'start' ? 'Start' : 'Stop';
    if (script === undefined) continue;
    checkText(script.script, [which], within, report);
    if (own(spec.commands ?? {}, command) !== undefined) {
      report([which], `'${which}' and the command '${command}' say the same`, 'Keep one of the two.', 'key');
    }
  }
  if (spec.ready !== undefined) checkText(String(spec.ready.port), ['ready', 'port'], within, report);
  for (const [name, units] of Object.entries(spec.commands ?? {})) {
    units.forEach((unit, index) => validateUnit(unit, ['commands', name, index], spec, within, report));
  }
  validateArtifact(spec, within, report);
  validateNesting(spec, report);
}

export function validateValues(values: Values, path: Path, within: Scope, report: Report): void {
  for (const [name, value] of Object.entries(values)) {
    if (checkValue(name, value, [...path, name], report)) checkText(value, [...path, name], within, report);
  }
}

export function validateConfigFiles(files: LongConfigFiles, path: Path, within: Scope, report: Report): void {
  for (const [name, file] of Object.entries(files)) {
    checkText(file.content, [...path, name, 'content'], within, report);
    if (file.path !== undefined) checkText(file.path, [...path, name, 'path'], within, report);
    if (file.content.length > 200_000) {
      report(
        [...path, name, 'content'],
        'a configuration file may have 200000 characters',
        'Put it into the artifact.',
      );
    }
  }
}

function validateUnit(unit: LongUnit, path: Path, service: LongService, within: Scope, report: Report): void {
  const read = readUnit(unit);
  if (read === null) return;
  const { key } = read.entry;
  for (const [field, value] of Object.entries(read.parameters)) {
    if (typeof value === 'string') checkText(value, [...path, key, field], within, report);
  }
  if (key !== 'command') return;
  const commands = Object.keys(completeCommands(service));
  const wanted = String(read.parameters['command']);
  if (!commands.includes(wanted)) {
    report([...path, key], `there is no command '${wanted}'`, whatExists(wanted, commands, 'command'));
  }
}

function validateArtifact(spec: LongService, within: Scope, report: Report): void {
  const { artifact } = spec;
  if (artifact === undefined) {
    const copies = Object.entries(completeCommands(spec)).find(([, units]) =>
      units.some((unit) => 'scp' in unit || 'download-artifact' in unit),
    );
    if (copies !== undefined) {
      report(
        [],
        `the command '${copies[0]}' brings an artifact, and the service has none`,
        'Add artifact: { directory: …, match: … }.',
        'key',
      );
    }
    return;
  }
  for (const [field, value] of Object.entries(artifact)) {
    if (typeof value === 'string' && field !== 'match')
      checkText(value, ['artifact', field], within, report, NO_VARIABLES);
    if (isJsonObject(value)) {
      for (const [header, text] of Object.entries(value)) {
        const at = ['artifact', field, header];
        if (typeof text === 'string' && checkValue(header, text, at, report)) {
          checkText(text, at, within, report, NO_VARIABLES);
        }
      }
    }
  }
  if ('match' in artifact) validateMatch(artifact.match, report);
}

const NO_VARIABLES = {
  unknownHere: {
    roots: ['serviceVariable', 'environmentVariable', 'env', 'infra', 'instance', 'host', 'artifact', 'workflow'],
    why: 'builds are listed without a deployment',
  },
};

function validateMatch(match: string, report: Report): void {
  const path = ['artifact', 'match'];
  try {
    if (Object.hasOwn(createPatterns().groupNames(match, 0), 'build')) return;
    report(path, 'the pattern does not say which part is the build number', 'Put it into a group: (?<build>\\d+).');
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    report(path, 'this is no regular expression (RE2 syntax: no lookaround, no back-references)', 'Mend the pattern.');
  }
}

/** Every command that reaches itself. */
function validateNesting(spec: LongService, report: Report): void {
  const commands = completeCommands(spec);
  const visit = (name: string, trail: readonly string[]): string | null => {
    if (trail.includes(name)) return [...trail.slice(trail.indexOf(name)), name].join(' → ');
    for (const unit of own(commands, name) ?? []) {
      const nested = readUnit(unit)?.parameters['command'];
      const cycle = typeof nested === 'string' ? visit(nested, [...trail, name]) : null;
      if (cycle !== null) return cycle;
    }
    return null;
  };
  for (const name of Object.keys(spec.commands ?? {})) {
    const cycle = visit(name, []);
    if (cycle?.startsWith(`${name} →`) === true) {
      report(['commands', name], `the command runs itself: ${cycle}`, 'Remove one of these units.', 'key');
    }
  }
}
