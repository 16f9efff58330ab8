import type { Scope } from '@fairlead/proto/expressions/index.ts';
import { formatDuration, parseDuration } from '@fairlead/proto/model/duration.ts';
import { stepTypeByKey } from '@fairlead/proto/steps/index.ts';
import { withResponse } from './check-scope.ts';
import { checkText, checkValue, type TextRules } from './check-text.ts';
import { triesForMs } from './default-sections.ts';
import { isJsonList, isJsonObject } from './json-values.ts';
import type { JsonObject } from '@fairlead/proto/model/json.ts';
import type { LongSection, LongStep } from './long-form.ts';
import type { LongProvisioner } from './provisioner.ts';
import { whatExists } from './nearest.ts';
import { readStep } from './normalize-steps.ts';
import type { Path, Report } from './problem.ts';
import type { ReadKeyed } from './keyed.ts';

export interface SectionRules {
  readonly within: Scope;
  /** Of the service; null: not known before it is deployed. */
  readonly commands: readonly string[] | null;
  readonly selectNodes: 'allowed' | 'refused';
  /** Whether builds are collected here; not unless it is said. */
  readonly collects?: boolean;
  /** The provisioners there are; absent: none may be used here. */
  readonly provisioners?: Readonly<Record<string, LongProvisioner>>;
  /** Of the infrastructure; null: not known before it is deployed. */
  readonly hosts: readonly string[] | null;
  /** Selectors of the infrastructure; absent: not known before it is deployed, or there is none. */
  readonly agents?: readonly string[];
  readonly unknownHere?: NonNullable<TextRules['unknownHere']>;
}

/** `stepsAt`: where its steps stand below the path; a list in the short form stands there itself. */
export function validateSection(
  section: LongSection,
  path: Path,
  rules: SectionRules,
  report: Report,
  stepsAt: Path = ['steps'],
): void {
  const steps = section.steps ?? [];
  const names = new Set<string>();
  steps.forEach((step, index) => {
    const at = [...path, ...stepsAt, index];
    const name = step['name'];
    if (typeof name === 'string') {
      if (names.has(name))
        report([...at, 'name'], `two steps of the section are called '${name}'`, 'Rename one of them.');
      names.add(name);
    }
    if (index === 0 && step['withPrevious'] === true) {
      report([...at, 'withPrevious'], 'there is no step before it', 'Remove withPrevious.', 'key');
    }
    validateStep(step, at, rules, report);
  });
  if (typeof section.skip === 'string') checkCondition(section.skip, [...path, 'skip'], rules, report);
  else
    section.skip?.forEach(({ when }, index) => checkCondition(when, [...path, 'skip', index, 'when'], rules, report));
}

/** Steps whose conditions the section has. `steps`: all there are, generated ones included. */
export function validateSelected({ skip }: LongSection, path: Path, steps: readonly LongStep[], report: Report): void {
  if (typeof skip !== 'object') return;
  const names = steps.map((step) => String(step['name']));
  skip.forEach((each, index) => {
    for (const step of each.steps.filter((name) => !names.includes(name))) {
      const mend = whatExists(step, names, 'step');
      report([...path, index, 'steps'], `no step of the section is called '${step}'`, mend);
    }
  });
}

function checkCondition(condition: string, path: Path, rules: SectionRules, report: Report): void {
  checkText(condition, path, rules.within, report, {
    language: 'condition',
    ...(rules.unknownHere === undefined ? {} : { unknownHere: rules.unknownHere }),
  });
}

function validateStep(step: LongStep, path: Path, rules: SectionRules, report: Report): void {
  const read = readStep(step);
  if (read === null) return;
  const { key } = read.entry;
  const skip = read.common['skip'];
  if (typeof skip === 'string') checkCondition(skip, [...path, 'skip'], rules, report);
  validateTimeout(read, path, report);
  validateAgents(read, path, rules, report);
  if (key === 'select-nodes') validateSelectNodes(read, path, rules, report);
  if (key === 'command') validateCommand(read, path, rules, report);
  if (key === 'provision') validateProvision(read, path, rules, report);
  if (key === 'collect' && rules.collects !== true) {
    report(path, 'builds are collected by build workflows', 'Move the step to a workflow of type: build.');
  }
  if (
    key === 'script' &&
    read.parameters['on'] === 'hosts' &&
    rules.commands?.length === 0 &&
    rules.unknownHere !== undefined
  ) {
    report([...path, key, 'on'], 'there are no hosts here', 'Write on: agent, or move the step to a section.');
  }
  validateTexts(read, [...path, key], rules, report);
}

function validateTimeout(read: ReadKeyed, path: Path, report: Report): void {
  const { timeout } = read.common;
  const triesFor = triesForMs(read);
  if (typeof timeout !== 'string' || (parseDuration(timeout) ?? 0) >= triesFor) return;
  const reason = `the step goes on trying for ${formatDuration(triesFor)}, and its time is over before`;
  report([...path, 'timeout'], reason, 'Write a longer one, or leave it out.');
}

/** Nothing that is written is without effect: where both name agents, both count or one of them is removed. */
function validateAgents({ common }: ReadKeyed, path: Path, rules: SectionRules, report: Report): void {
  const { agents, infrastructureAgents } = common;
  const pinned = rules.agents ?? [];
  if (isJsonList(agents)) {
    agents.forEach((selector, index) => checkIn(String(selector), [...path, 'agents', index], rules, report));
    if (pinned.length > 0 && infrastructureAgents !== true) {
      const reason = `the infrastructure has agents, ${pinned.join(', ')}, and these alone would count`;
      const mend = 'Add infrastructureAgents: true for an agent that carries both, or remove agents.';
      report([...path, 'agents'], reason, mend, 'key');
    }
  } else if (infrastructureAgents === true) {
    const reason = 'the step names no agents that those of the infrastructure could be added to';
    report([...path, 'infrastructureAgents'], reason, 'Add agents:, or remove infrastructureAgents.', 'key');
  }
  if (infrastructureAgents === true && rules.unknownHere !== undefined) {
    const reason = `there is no infrastructure here: ${rules.unknownHere.why}`;
    report([...path, 'infrastructureAgents'], reason, 'Remove infrastructureAgents.', 'key');
  }
}

function checkIn(text: string, path: Path, rules: SectionRules, report: Report): void {
  checkText(
    text,
    path,
    rules.within,
    report,
    rules.unknownHere === undefined ? {} : { unknownHere: rules.unknownHere },
  );
}

function validateTexts(read: ReadKeyed, path: Path, rules: SectionRules, report: Report): void {
  const onAgent = stepTypeByKey(read.entry.key)?.onAgent ?? [];
  const answered = { ...rules, within: withResponse(rules.within) };
  for (const [field, value] of Object.entries(read.parameters)) {
    const at = [...path, field];
    if (field === 'outputs' && isJsonObject(value)) {
      for (const name of Object.keys(value).filter((each) => value[each] === 'secret')) {
        report(
          [...at, name],
          'no agent can send a secret output yet',
          'Write string, if it may be seen; or leave it out.',
        );
      }
    } else if (field === 'assert' && typeof value === 'string') {
      checkText(value, at, answered.within, report, { language: 'condition', onAgent: true });
    } else if (field === 'variables' && isJsonObject(value)) {
      for (const [name, text] of Object.entries(value)) {
        // As the agent reads it: one expression needs nothing around it.
        const written = String(text).includes('${') ? String(text) : `\${${String(text)}}`;
        checkText(written, [...at, name], answered.within, report, { onAgent: true });
      }
    } else if ((field === 'groups' || field === 'hosts') && isJsonList(value)) {
      value.forEach((each, index) => checkIn(String(each), [...at, index], rules, report));
    } else if (field === 'inputs' && isJsonObject(value)) {
      for (const [name, text] of Object.entries(value)) checkIn(String(text), [...at, name], rules, report);
    } else if (field === 'publish' && isJsonObject(value)) {
      checkIn(String(value['name']), [...at, 'name'], rules, report);
    } else if (field === 'headers' && isJsonObject(value)) {
      for (const [name, text] of Object.entries(value)) {
        if (checkValue(name, String(text), [...at, name], report)) checkIn(String(text), [...at, name], rules, report);
      }
    } else if (typeof value === 'string' && !onAgent.includes(field)) checkIn(value, at, rules, report);
  }
}

function validateSelectNodes(read: ReadKeyed, path: Path, rules: SectionRules, report: Report): void {
  if (rules.selectNodes === 'refused') {
    report(path, 'hosts cannot be selected here', 'Select them in the section Prepare Infra.');
    return;
  }
  const ways = ['count', 'percent', 'hosts', 'group'].filter((field) => Object.hasOwn(read.parameters, field));
  if (ways.length !== 1) {
    report(path, 'hosts are selected in exactly one way', 'Write count, percent, hosts or group.');
  }
  const { hosts } = rules;
  const wanted = read.parameters['hosts'];
  if (hosts === null || !isJsonList(wanted)) return;
  wanted.forEach((host, index) => {
    const name = String(host);
    // What an expression comes to is known when the hosts are selected.
    if (!name.includes('${') && !hosts.includes(name)) {
      report([...path, 'select-nodes', 'hosts', index], `there is no host '${name}'`, whatExists(name, hosts, 'host'));
    }
  });
}

function validateCommand(read: ReadKeyed, path: Path, rules: SectionRules, report: Report): void {
  const wanted = String(read.parameters['command']);
  if (rules.unknownHere !== undefined) {
    report(path, 'commands run on the hosts of the deployment', 'Move the step to a section of the deployment.');
  } else if (rules.commands !== null && !rules.commands.includes(wanted)) {
    report(
      [...path, 'command'],
      `the service has no command '${wanted}'`,
      whatExists(wanted, rules.commands, 'command'),
    );
  }
}

function validateProvision(read: ReadKeyed, path: Path, { provisioners }: SectionRules, report: Report): void {
  const name = String(read.parameters['provisioner']);
  if (provisioners === undefined) {
    const mend = 'Move the step to before: of a canary or multi-service workflow.';
    return report(path, 'provisioners run before the deployment, where a rollback takes them back', mend);
  }
  const spec = Object.hasOwn(provisioners, name) ? provisioners[name] : undefined;
  if (spec === undefined) {
    const existing = Object.keys(provisioners);
    return report(
      [...path, 'provision'],
      `there is no provisioner '${name}'`,
      whatExists(name, existing, 'provisioner'),
    );
  }
  const { inputs } = read.parameters;
  const known = Object.keys(spec.inputs ?? {});
  for (const each of Object.keys(isJsonObject(inputs ?? null) ? (inputs as JsonObject) : {})) {
    if (known.includes(each)) continue;
    report(
      [...path, 'provision'],
      `the provisioner '${name}' has no input '${each}'`,
      whatExists(each, known, 'input'),
    );
  }
}
