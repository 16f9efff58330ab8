import { readFileSync } from 'node:fs';
import { loadSync } from '@grpc/proto-loader';
import { expect, test } from 'vitest';
import { loadAgentsService, PROTO_FILE } from './agents.ts';
import { MESSAGES, ONE_OFS, type FromAgent } from './messages.ts';

interface FieldDescriptor {
  readonly name: string;
  readonly number: number;
  readonly label: string;
  readonly type: string;
  readonly typeName: string;
}

/** `Message.field = number type`, for every field of the file. */
function fieldsOfProto(): readonly string[] {
  const lines: string[] = [];
  for (const [name, definition] of Object.entries(loadSync(PROTO_FILE, { keepCase: true }))) {
    if (!('type' in definition)) continue;
    const { field } = definition.type as { readonly field: readonly FieldDescriptor[] };
    for (const each of field) {
      const plain = each.type === 'TYPE_MESSAGE' ? each.typeName : each.type.replace('TYPE_', '').toLowerCase();
      const type = each.label === 'LABEL_REPEATED' ? `${plain}[]` : plain;
      lines.push(`${name.replace('fairlead.v1.', '')}.${each.name} = ${each.number} ${type}`);
    }
  }
  return lines.sort();
}

function fieldsOfTable(): readonly string[] {
  return Object.entries({ ...MESSAGES, ...ONE_OFS })
    .flatMap(([name, fields]) =>
      Object.entries(fields).map(([field, [number, type]]) => `${name}.${field} = ${number} ${type}`),
    )
    .sort();
}

test('the types agree with the .proto', () => {
  expect(fieldsOfTable()).toEqual(fieldsOfProto());
});

test('no field was removed, renumbered or changed its type since it was published, and new ones are written down', () => {
  const frozen = readFileSync(new URL('./frozen-fields.txt', import.meta.url), 'utf8')
    .trim()
    .split('\n')
    .sort();
  expect(fieldsOfProto()).toEqual(frozen);
});

test('a message comes back as it was sent', () => {
  const { Session, Logs } = loadAgentsService();
  const beat = { number: 2 ** 40, running: 1, waiting: 0, draining: false };
  const sent: FromAgent = { body: 'heartbeat', heartbeat: beat };
  expect(Session.requestDeserialize(Session.requestSerialize(sent))).toEqual(sent);
  const goodbye: FromAgent = { body: 'goodbye', goodbye: {} };
  expect(Session.requestDeserialize(Session.requestSerialize(goodbye))).toEqual(goodbye);
  const chunk = { attempt_id: 'e/a#1', offset: 5_000_000_000, bytes: Buffer.from([0, 255, 10]), gap: 0, at_ms: 1.8e12 };
  expect(Logs.requestDeserialize(Logs.requestSerialize({ chunks: [chunk] }))).toEqual({ chunks: [chunk] });
});

test('the service has exactly its three calls, and sessions and logs stream both ways', () => {
  const service = loadAgentsService();
  expect(Object.keys(service)).toEqual(['Enroll', 'Session', 'Logs']);
  for (const call of [service.Session, service.Logs]) {
    expect([call.requestStream, call.responseStream]).toEqual([true, true]);
  }
});
