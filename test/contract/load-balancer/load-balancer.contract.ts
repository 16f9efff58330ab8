/** What the steps for load balancers do at one, whatever it is; and that it is what it claims to be. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { AttemptResult } from '@fairlead/proto/model/result.ts';
import type { Json } from '@fairlead/proto/model/json.ts';
import type { LedgerRecord } from '@fairlead/agent/platforms/platform.ts';
import { startLoad } from '../../support/load.ts';
import { testAttempt, type TestAttempt } from '../../support/ssh-host/attempt.ts';
import { balancerWorld, failedWith, type StartBalancer } from './balancer-world.ts';

export function loadBalancerContract(start: StartBalancer): void {
  const {
    platform,
    names,
    groups,
    startWith,
    described,
    attempt,
    swap,
    balance,
    states,
    raw,
    siteOf,
    BLUE,
    GREEN,
    balancer,
    sites,
    directory,
  } = balancerWorld(start);

  describe('finding the idle group', () => {
    const find = async (): Promise<AttemptResult> => platform.run(attempt('IDLE_GROUP', { groups }));

    it('asks who is live', async () => {
      expect(await find()).toMatchObject({
        outcome: 'SUCCESS',
        outputs: { live: 'blue', idle: 'green' },
        touched: false,
      });
    });

    it('takes the first group when none is live', async () => {
      for (const name of groups.blue) await raw(`set server web/${name} state maint`);
      expect((await find()).outputs).toEqual({ live: '', idle: 'blue' });
    });

    it('refuses when both are, and says how to mend it', async () => {
      await raw('set server web/web-4 state ready');
      expect(failedWith(await find())).toMatch(/^CHECK_FAILED: blue and green get traffic.*state maint/);
    });
  });

  describe('swapping traffic', () => {
    it('moves it without one failed request, and back', async () => {
      const people = startLoad(balancer().url);
      const there = await platform.run(swap('green'));
      expect(there).toMatchObject({ outcome: 'SUCCESS', outputs: { from: 'blue', to: 'green' }, touched: true });
      expect(await states()).toEqual(GREEN);
      const before = siteOf('web-1').answered + siteOf('web-2').answered;
      const back = await platform.run(swap('blue'));
      expect(back).toMatchObject({ outcome: 'SUCCESS', outputs: { from: 'green', to: 'blue' } });
      expect(await states()).toEqual(BLUE);
      await people.stop();
      expect([people.failed(), [...people.answers.keys()].toSorted()]).toEqual([0, [...names]]);
      expect(siteOf('web-1').answered + siteOf('web-2').answered).toBeGreaterThan(before);
    });

    it('does nothing when it is done already', async () => {
      expect(await platform.run(swap('blue'))).toMatchObject({ outcome: 'SUCCESS', touched: false });
      expect(await states()).toEqual(BLUE);
    });

    it('lets what is under way end before the old group is shut off', async () => {
      for (const name of groups.blue) siteOf(name).slowMs = 700;
      const slow = fetch(balancer().url);
      while ((await raw('show stat web 4 -1')).split('\n').every((line) => !/^web,web-[12],0,0,1,/.test(line))) {
        await new Promise((resolve) => setImmediate(resolve));
      }
      expect((await platform.run(swap('green'))).outcome).toBe('SUCCESS');
      expect((await slow).status).toBe(200);
    });

    it('gives no traffic to a group that stays down, and leaves it where it is', async () => {
      siteOf('web-4').well = false;
      const people = startLoad(balancer().url);
      const result = await platform.run(swap('green', { healthyWithinMs: 600 }));
      await people.stop();
      expect(failedWith(result)).toMatch(/^CHECK_FAILED: the servers of green are not all well.*web-4: drain, down/);
      expect(await states()).toEqual(BLUE);
      expect(people.failed()).toBe(0);
      expect(sites().map(({ name, answered }) => (answered > 0 ? name : '-'))).toEqual(['web-1', 'web-2', '-', '-']);
    });

    it('never takes a server for well by what was seen of it before', async () => {
      expect((await platform.run(swap('green'))).outcome).toBe('SUCCESS');
      siteOf('web-1').well = false;
      siteOf('web-1').answered = 0;
      expect(failedWith(await platform.run(swap('blue', { healthyWithinMs: 600 })))).toMatch(/^CHECK_FAILED/);
      expect([await states(), siteOf('web-1').answered]).toEqual([GREEN, 0]);
    });

    it('takes a server without a check at its word', async () => {
      await balancer().stop();
      await startWith({
        servers: sites().map(({ name, port }) => ({ name, port, check: false, disabled: groups.green.includes(name) })),
      });
      expect((await platform.run(swap('green'))).outcome).toBe('SUCCESS');
      expect(await (await fetch(balancer().url)).text()).toMatch(/web-[34]/);
    });

    it('shuts every group off when none is to be live', async () => {
      expect((await platform.run(swap(''))).outcome).toBe('SUCCESS');
      expect(Object.values(await states())).toEqual(names.map(() => 'OFF UNCHECKED'));
    });

    it('stops when it is told to, with the traffic where it was', async () => {
      siteOf('web-3').well = false;
      const stopping: TestAttempt = testAttempt({
        task: {
          type: 'SWAP_TRAFFIC',
          parameters: { balancer: described(), groups, to: 'green', healthyWithinMs: 60_000 },
        },
        onRecord: ({ name, data }) => {
          if (name === 'balancer:result' && data['server'] === 'web-4') stopping.stop({ kind: 'cancel', graceMs: 500 });
        },
      });
      expect(await platform.run(stopping)).toMatchObject({ outcome: 'CANCELED', confirmed: true });
      expect(await states()).toEqual(BLUE);
    });
  });

  describe('a process that dies in the middle', () => {
    /** Blue is live again, by the shortest way; its sites are well. */
    const restore = async (): Promise<void> => {
      for (const name of groups.blue) await raw(`set server web/${name} state ready`);
      for (const name of groups.green) await raw(`set server web/${name} state maint`);
    };

    it('at its records leaves somebody to answer, and another one comes to the same end', async () => {
      const whole = swap('green');
      await platform.run(whole);
      await restore();
      const points = whole.records.length;
      expect(points).toBeGreaterThan(15);
      const people = startLoad(balancer().url);
      // Each server's records come twice: every other one is as good as all.
      for (let point = 1; point <= points; point += 2) {
        const kept: LedgerRecord[] = [];
        const dying = testAttempt({
          task: swap('green').task,
          onRecord: (record) => {
            kept.push(record);
            // It is never heard of again.
            if (kept.length === point) throw new Error('killed');
          },
        });
        await expect(platform.run(dying)).rejects.toThrow('killed');
        const resumed = testAttempt({ task: dying.task, recorded: kept, resumed: true });
        expect([point, (await platform.run(resumed)).outcome, await states()]).toEqual([point, 'SUCCESS', GREEN]);
        await restore();
      }
      await people.stop();
      expect([people.failed(), people.answers.size]).toEqual([0, 4]);
    }, 90_000);

    it('tells what was before its first word, not what it left behind', async () => {
      const kept: LedgerRecord[] = [];
      const dying = testAttempt({
        task: swap('green').task,
        onRecord: (record) => {
          kept.push(record);
          if (record.data['told'] === 'DRAIN' && record.name === 'balancer:result') throw new Error('killed');
        },
      });
      await expect(platform.run(dying)).rejects.toThrow('killed');
      const resumed = testAttempt({ task: dying.task, recorded: kept, resumed: true });
      expect((await platform.run(resumed)).outputs).toEqual({ from: 'blue', to: 'green' });
      expect(resumed.records.filter(({ name }) => name === 'balancer:before')).toHaveLength(1);
    });
  });

  describe('one host at a time', () => {
    it('takes it out and puts it back without a failed request', async () => {
      const people = startLoad(balancer().url);
      expect((await platform.run(balance('web-1', 'out'))).outcome).toBe('SUCCESS');
      expect((await states())['web-1']).toBe('OFF UNCHECKED');
      expect((await platform.run(balance('web-1', 'in'))).outcome).toBe('SUCCESS');
      await people.stop();
      expect([await states(), people.failed()]).toEqual([BLUE, 0]);
    });

    it('never takes out the last one', async () => {
      expect((await platform.run(balance('web-1', 'out'))).outcome).toBe('SUCCESS');
      const last = await platform.run(balance('web-2', 'out'));
      expect(failedWith(last)).toMatch(/^CHECK_FAILED: taking web-2 out would leave HAProxy at .* without any server/);
      expect((await states())['web-2']).toBe('ON UP');
    });

    it('of two at once keeps at least one', async () => {
      const both = await Promise.all(['web-1', 'web-2'].map(async (host) => platform.run(balance(host, 'out'))));
      expect(both.some(({ outcome }) => outcome === 'FAILED')).toBe(true);
      expect(Object.values(await states()).some((state) => state === 'ON UP')).toBe(true);
    });

    it('puts none back that is not well', async () => {
      expect((await platform.run(balance('web-1', 'out'))).outcome).toBe('SUCCESS');
      siteOf('web-1').well = false;
      expect(failedWith(await platform.run(balance('web-1', 'in', 600)))).toMatch(/^CHECK_FAILED: web-1 is not well/);
      expect((await states())['web-1']).toBe('OFF UNCHECKED');
    });
  });

  describe('what can be wrong is told apart', () => {
    const run = (more: Record<string, Json>): Promise<AttemptResult> =>
      platform.run(
        attempt('SWAP_TRAFFIC', { groups, to: 'green', balancer: { ...(described() as object), ...more } as Json }),
      );

    it.each([
      [
        'nobody listens',
        { sockets: ['tcp://127.0.0.1:1'] },
        /^UNREACHABLE: HAProxy at tcp:\/\/127.0.0.1:1 .*is HAProxy running/,
      ],
      [
        'there is no socket',
        { sockets: ['unix:/nonexistent/haproxy.sock'] },
        /^UNREACHABLE: .*there is no such socket/,
      ],
      ['an address that is none', { sockets: ['haproxy'] }, /^INVALID_INPUT: 'haproxy' is no address/],
      ['an unknown backend', { backend: 'wbe' }, /^NOT_FOUND: .*no backend 'wbe'; it has .*web/],
      [
        'an unknown server',
        { servers: { 'web-3': 'w3' } },
        /^NOT_FOUND: .*no server 'w3' \(of host web-3\).* web-1, web-2, web-3, web-4/,
      ],
      ['a name that would be a command', { backend: 'web;shutdown' }, /^NOT_FOUND: .*no name of a backend/],
      ['another product', { product: 'F5' }, /^UNSUPPORTED: /],
    ])('%s', async (_what, more, message) => {
      const result = await run(more);
      expect(failedWith(result)).toMatch(message);
      expect(result.touched).toBe(false);
      expect(await states()).toEqual(BLUE);
    });

    it('an unknown group', async () => {
      expect(failedWith(await platform.run(swap('red')))).toMatch(/^NOT_FOUND: .*'red'.*blue, green/);
    });

    it('a socket that may only look', async () => {
      await balancer().stop();
      await startWith({ socketLevel: 'operator' });
      expect(failedWith(await platform.run(swap('green')))).toMatch(/^AUTHENTICATION_REFUSED: .*level admin/);
    });

    it('a socket of the file system works as well', async () => {
      await balancer().stop();
      await startWith({ socket: join(directory(), 'admin.sock') });
      expect((await platform.run(swap('green'))).outcome).toBe('SUCCESS');
    });
  });

  describe('it is a HAProxy', () => {
    /** What differs from run to run is put aside: ids of backends, times, columns that nobody reads. */
    const columns = ['srv_name', 'srv_op_state', 'srv_admin_state', 'srv_uweight', 'srv_check_state'];
    const table = async (): Promise<readonly string[]> => {
      const [, header = '', ...lines] = (await raw('show servers state web')).split('\n');
      const at = columns.map((column) => header.slice(2).split(' ').indexOf(column));
      return lines.map((line) => at.map((index) => line.split(' ')[index]).join(' '));
    };

    it('that answers as it is known to', async () => {
      expect(await raw('show servers state wbe')).toBe("Can't find backend.");
      expect((await raw('show backend')).split('\n')).toEqual(expect.arrayContaining(['# name', 'web']));
      expect(await raw('set server wbe/web-1 state drain')).toBe('No such backend.');
      expect(await raw('set server web/web-9 state drain')).toBe('No such server.');
      expect(await raw('set server web/web-1 state off')).toMatch(/expects/);
      expect(await raw('nonsense')).toMatch(/^Unknown command/);
      expect(await table()).toEqual(['web-1 2 0 1 6', 'web-2 2 0 1 6', 'web-3 0 5 1 14', 'web-4 0 5 1 14']);
      siteOf('web-3').well = false;
      expect(await raw('set server web/web-3 state drain')).toBe('');
      // Up at first, although nobody looked yet: why nothing here believes it.
      expect((await table())[2]).toBe('web-3 2 12 1 6');
      expect(await raw('set server web/web-3 health down')).toBe('');
      expect((await table())[2]).toBe('web-3 0 12 1 6');
      expect(await raw('set server web/web-3 state ready')).toBe('');
      expect((await table())[2]).toBe('web-3 0 4 1 6');
      expect(await raw('set server web/web-3 state maint')).toBe('');
      expect((await table())[2]).toBe('web-3 0 5 1 14');
      expect(await raw('set server web/web-1 state drain')).toBe('');
      expect((await table())[0]).toBe('web-1 2 8 1 6');
      const connections = (await raw('show stat web 4 -1'))
        .split('\n')
        .map((line) => line.split(',').slice(0, 2).join(' '));
      expect(connections).toEqual(['# pxname svname', ...names.map((name) => `web ${name}`)]);
    });
  });
}
