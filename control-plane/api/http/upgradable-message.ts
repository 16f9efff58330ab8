import { IncomingMessage } from 'node:http';

/** Node keeps on the request whether its parser saw an upgrade asked for, and looks there before it hands the request on. */
const asked = new WeakMap<object, unknown>();

/**
 * A request that only a WebSocket upgrades. Many clients (Java's, `curl --http2`) offer `Upgrade: h2c` with every request;
 * once a server takes upgrades at all, Node gives it all of these as upgrades, bodies unread. An offer may be ignored
 * (RFC 9110 7.8): it is a request like any other.
 */
export class UpgradableMessage extends IncomingMessage {
  get upgrade(): boolean {
    return asked.get(this) === true && this.headers.upgrade?.toLowerCase() === 'websocket';
  }

  set upgrade(value: unknown) {
    asked.set(this, value);
  }
}
