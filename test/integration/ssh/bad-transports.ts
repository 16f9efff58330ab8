/** Transports that fail in one way each. */
import type { Channel, ChannelEnd, Transport } from '@fairlead/agent/platforms/shell/channel.ts';

/** Loses the first `times` channels some time after they were opened. */
export function losing(transport: Transport, times: number, afterMs: number): Transport {
  let left = times;
  return {
    ...transport,
    open: async (command, options) => {
      const channel = await transport.open(command, options);
      if (left-- <= 0) return channel;
      let lose = (): void => undefined;
      const lost = new Promise<void>((resolve) => (lose = resolve)).then(() => ({
        end: 'lost' as const,
        failure: { code: 'CONNECTION_LOST' as const, message: 'lost' },
      }));
      setTimeout(() => {
        channel.close();
        lose();
      }, afterMs);
      return { ...channel, ended: Promise.race([lost, channel.ended]) };
    },
  };
}

/** Reads the first word of the first channel, which says that the program arrived, and nothing more. */
export function deaf(transport: Transport): Transport {
  let first = true;
  return {
    ...transport,
    open: async (command, options) => {
      const channel = await transport.open(command, options);
      if (!first) return channel;
      first = false;
      const lost = new Promise<ChannelEnd>((resolve) => {
        channel.stdout.once('data', () => {
          channel.close();
          resolve({ end: 'lost', failure: { code: 'CONNECTION_LOST', message: 'lost' } });
        });
      });
      return { ...channel, ended: Promise.race([lost, channel.ended]) };
    },
  };
}

/** Delivers only a part of what is written. */
export function cutting(transport: Transport, share: number): Transport {
  return {
    ...transport,
    open: async (command, options): Promise<Channel> => {
      const channel = await transport.open(command, options);
      const end = channel.stdin.end.bind(channel.stdin);
      channel.stdin.end = ((text: string) => end(text.slice(0, text.length * share))) as typeof channel.stdin.end;
      return channel;
    },
  };
}
