import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import type { JsonObject } from '@fairlead/proto/model/json.ts';
import type { Bus, Subscription } from '@fairlead/control-plane/ports/bus.ts';

export interface BusUnderTest {
  readonly bus: Bus;
  /** The same bus as another process sees it; in one process, itself. */
  readonly other: Bus;
  end(): Promise<void>;
}

/** What every bus promises. Subjects are made anew for each test, so that one server can be shared. */
export function busContract(name: string, start: () => Promise<BusUnderTest>): void {
  describe(`${name} keeps the bus contract`, () => {
    let under: BusUnderTest;
    let subject: string;
    let count = 0;
    beforeEach(async () => {
      under = await start();
      count += 1;
      subject = `fairlead.test.${process.pid}.${count}`;
    });
    afterEach(async () => {
      await under.end();
    });

    /** A subscription is in force some time after it was made: rings until it is heard. */
    const heard = async (listen: (bus: Bus) => Subscription, ring: () => void, got: () => boolean): Promise<void> => {
      listen(under.bus);
      await expect
        .poll(() => {
          if (!got()) ring();
          return got();
        })
        .toBe(true);
    };
    const served = async (bus: Bus, handler: (payload: JsonObject) => Promise<JsonObject>): Promise<Subscription> => {
      const subscription = bus.serve(subject, (payload) =>
        payload['probe'] === true ? Promise.resolve({}) : handler(payload),
      );
      await expect
        .poll(() =>
          under.bus.request(subject, { probe: true }, 500).then(
            () => true,
            () => false,
          ),
        )
        .toBe(true);
      return subscription;
    };
    const code = async (asked: Promise<unknown>): Promise<string> => {
      const error = await asked.then(
        () => null,
        (reason: unknown) => reason,
      );
      return error instanceof FailureError ? error.failures[0].code : String(error);
    };

    test('a request gets the one answer of its server, from whichever end', async () => {
      await served(under.other, (payload) => Promise.resolve({ echoed: payload }));
      const payload = { text: 'hé', list: [1, null, { deep: true }] };
      expect(await under.bus.request(subject, payload, 2_000)).toEqual({ echoed: payload });
      expect(await under.other.request(subject, {}, 2_000)).toEqual({ echoed: {} });
    });

    test('many requests at once each get their own answer', async () => {
      await served(under.other, async ({ n }) => {
        await Promise.resolve();
        return { n: n ?? null };
      });
      const answers = await Promise.all(
        Array.from({ length: 200 }, (_, n) => under.bus.request(subject, { n }, 5_000)),
      );
      expect(answers.map(({ n }) => n)).toEqual(Array.from({ length: 200 }, (_, n) => n));
    });

    test('with nobody serving, UNAVAILABLE comes at once and not after the timeout', async () => {
      const began = Date.now();
      expect(await code(under.bus.request(subject, {}, 30_000))).toBe('UNAVAILABLE');
      expect(Date.now() - began).toBeLessThan(3_000);
    });

    test('a server that does not answer in time is UNAVAILABLE', async () => {
      await served(under.other, () => new Promise(() => {}));
      expect(await code(under.bus.request(subject, {}, 50))).toBe('UNAVAILABLE');
    });

    test('a failure of the server is the failure of the request; a bug in it is INTERNAL and kills nothing', async () => {
      await served(under.other, ({ how }) => {
        if (how === 'failure') throw new FailureError(failure('NOT_FOUND', 'no such thing', { field: 'x' }));
        throw new TypeError('a bug');
      });
      await expect(under.bus.request(subject, { how: 'failure' }, 2_000)).rejects.toMatchObject({
        failures: [{ code: 'NOT_FOUND', message: 'no such thing', field: 'x' }],
      });
      expect(await code(under.bus.request(subject, { how: 'bug' }, 2_000))).toBe('INTERNAL');
      expect(await under.bus.request(subject, { probe: true }, 2_000)).toEqual({});
    });

    test('an ended server serves no more, and its subject can be served again', async () => {
      const first = await served(under.other, () => Promise.resolve({ by: 1 }));
      first.end();
      await expect.poll(() => code(under.bus.request(subject, {}, 500))).toBe('UNAVAILABLE');
      await served(under.other, () => Promise.resolve({ by: 2 }));
      expect(await under.bus.request(subject, {}, 2_000)).toEqual({ by: 2 });
    });

    test('two servers of one subject in one process are a bug', () => {
      under.bus.serve(subject, () => Promise.resolve({}));
      expect(() => under.bus.serve(subject, () => Promise.resolve({}))).toThrow('is served already');
    });

    test('what is published reaches every subscriber of the subject, own ones too, and nobody else', async () => {
      const got: string[] = [];
      under.other.subscribe(subject, () => void got.push('other'));
      under.bus.subscribe(`${subject}.more`, () => void got.push('stranger'));
      await heard(
        (bus) => bus.subscribe(subject, () => void got.push('own')),
        () => under.bus.publish(subject, { ring: 1 }),
        () => got.includes('own') && got.includes('other'),
      );
      expect(got).not.toContain('stranger');
    });

    test('an ended subscription hears nothing more', async () => {
      let ended = 0;
      let still = 0;
      const subscription = under.bus.subscribe(subject, () => void (ended += 1));
      await heard(
        (bus) => bus.subscribe(subject, () => void (still += 1)),
        () => under.bus.publish(subject, {}),
        () => still > 0 && ended > 0,
      );
      subscription.end();
      const before = { ended, still };
      under.bus.publish(subject, {});
      await expect.poll(() => still).toBeGreaterThan(before.still);
      expect(ended).toBe(before.ended);
    });

    test('changing a payload after sending it changes nothing for the receiver', async () => {
      let received: JsonObject = {};
      await served(under.other, (payload) => {
        received = payload;
        return Promise.resolve({});
      });
      const list = [1];
      const sent = under.bus.request(subject, { list }, 2_000);
      list.push(2);
      await sent;
      expect(received).toEqual({ list: [1] });
    });

    test('a payload of almost 1 MB passes both ways; a larger one is TOO_LARGE, the answer too', async () => {
      await served(under.other, ({ size }) => Promise.resolve({ text: 'x'.repeat(Number(size)) }));
      const large = { size: 990_000, text: 'ü'.repeat(495_000) };
      expect((await under.bus.request(subject, large, 5_000))['text']).toHaveLength(990_000);
      expect(await code(under.bus.request(subject, { text: 'ü'.repeat(505_000) }, 5_000))).toBe('TOO_LARGE');
      expect(await code(under.bus.request(subject, { size: 1_000_001 }, 5_000))).toBe('TOO_LARGE');
      expect(() => under.bus.publish(subject, { text: 'x'.repeat(1_000_001) })).toThrow('the bus carries');
      expect(await under.bus.request(subject, { size: 1 }, 2_000)).toEqual({ text: 'x' });
    });

    test('a closed bus answers UNAVAILABLE and publishes into nothing', async () => {
      await under.bus.close();
      expect(await code(under.bus.request(subject, {}, 500))).toBe('UNAVAILABLE');
      under.bus.publish(subject, {});
    });
  });
}
