/** A load balancer of a few lines: TCP, to the first backend whose health check answers, away from one that stops. */
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

export interface Backend {
  /** `host:port`. */
  readonly address: string;
  /** Answers 200 as long as it is well. */
  readonly health: string;
}

const CHECK_MS = 250;
const ANSWER_MS = 750;

export class Balancer {
  readonly #backends: readonly Backend[];
  readonly #well = new Set<Backend>();
  readonly #open = new Map<Socket, Backend>();
  readonly #server: Server;
  #timer: NodeJS.Timeout | null = null;

  private constructor(backends: readonly Backend[]) {
    this.#backends = backends;
    this.#server = createServer({ noDelay: true }, (socket) => this.#forward(socket));
  }

  static async start(backends: readonly Backend[]): Promise<Balancer> {
    const balancer = new Balancer(backends);
    await new Promise<void>((resolve) => balancer.#server.listen(0, '127.0.0.1', resolve));
    await balancer.#check();
    return balancer;
  }

  get address(): string {
    // Listening on TCP, so it has an address of this shape.
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    for (const socket of this.#open.keys()) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #check(): Promise<void> {
    await Promise.all(
      this.#backends.map(async (backend) => {
        const answer = await fetch(backend.health, { signal: AbortSignal.timeout(ANSWER_MS) }).catch(() => null);
        await answer?.body?.cancel();
        if (answer?.ok === true) this.#well.add(backend);
        else this.#leave(backend);
      }),
    );
    this.#timer = setTimeout(() => void this.#check(), CHECK_MS);
  }

  #leave(backend: Backend): void {
    this.#well.delete(backend);
    for (const [socket, to] of this.#open) if (to === backend) socket.destroy();
  }

  #forward(socket: Socket): void {
    const backend = this.#backends.find((each) => this.#well.has(each));
    if (backend === undefined) return void socket.destroy();
    const [host = '', port = ''] = backend.address.split(':');
    const onward = connect({ host, port: Number(port), noDelay: true });
    this.#open.set(socket, backend);
    for (const each of [socket, onward]) each.on('error', () => undefined);
    socket.once('close', () => {
      this.#open.delete(socket);
      onward.destroy();
    });
    onward.once('close', () => socket.destroy());
    socket.pipe(onward);
    onward.pipe(socket);
  }
}
