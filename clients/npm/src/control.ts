/** The control surface of a running tintype: what lies under `/_tintype/`. Knows nothing of processes. */

/** The account that is there from the start. */
export const DEFAULT_ACCOUNT = '0123456789abcdef0123456789abcdef';

/** The server refused, with its reason. */
export class ControlError extends Error {
  readonly status: number;

  constructor(status: number, reason: string) {
    super(reason);
    this.name = 'ControlError';
    this.status = status;
  }
}

export interface Clock {
  now: string;
  frozen: boolean;
  /** How far a running clock is ahead of the machine's; `null` for a frozen one. */
  offset_ms: number | null;
}

export interface Snapshot {
  name: string;
  account: string | null;
  saved: string;
  accounts: number;
  images: number;
}

/** Which calls are met and what happens to them; what is left out is open. */
export interface FaultRule {
  surface?: 'api' | 'batch' | 'upload' | 'delivery' | 'zone' | 'nowhere';
  /** As `GET /_tintype/operations` lists them. */
  operation?: string;
  method?: string;
  /** `*` is anything within a segment, `**` anything. */
  path?: string;
  /** The first and the last call that is met, counted from 1. */
  from?: number;
  to?: number;
  /** The HTTP status that calls are refused with. */
  status?: number;
  /** The code of the catalogue that calls are refused with. */
  code?: number;
  /** Seconds. */
  retry_after?: number;
  /** `200ms`, or `100ms..2s`. */
  latency?: string;
  reset?: true;
  /** Bytes of the body that are sent. */
  cut?: number;
  /** The answer's content type. */
  type?: string;
}

export interface Fault extends FaultRule {
  id: number;
  account?: string;
  /** How many calls the rule concerned, and how many of them it met. */
  calls: number;
  hits: number;
}

export interface RequestFilter {
  surface?: FaultRule['surface'];
  operation?: string;
  method?: string;
  status?: number;
  code?: number;
  path?: string;
  /** Only what came after the request of this number. */
  since?: number;
  limit?: number;
}

export interface LoggedRequest {
  seq: number;
  time: string;
  surface: string;
  operation: string | null;
  method: string;
  path: string;
  status: number | null;
  code: number | null;
  duration_ms: number;
  account: string | null;
  user_agent: string | null;
  form: { name: string; value?: string; filename?: string; size?: number }[] | null;
  body: unknown;
  cache: 'HIT' | 'MISS' | null;
  warnings: string[];
  fault: { id: number | null; does: string } | null;
}

export interface SignOptions {
  /** How long the URL is good for: `1h`, `90s`; without it, for ever. */
  expires?: string;
  /** The name of the account's key; without it, its first. */
  key?: string;
}

type Query = Record<string, string | number | undefined>;

/**
 * What one account sees of the controls, or the server as a whole (`id` undefined). Tests that share a server each take
 * an account of their own: none of these touches another's.
 */
export class Account {
  readonly baseUrl: string;
  readonly id: string | undefined;

  constructor(baseUrl: string, id?: string) {
    this.baseUrl = baseUrl;
    this.id = id;
  }

  /** Goes back to the seed, or to nothing if there is none; `to` says which. */
  async reset(to?: 'seed' | 'nothing'): Promise<void> {
    await this.#ask('POST', 'reset', { to });
  }

  /** Loads a folder of the server's machine. */
  async seed(folder: string): Promise<{ accounts: number; images: number }> {
    return this.#ask('POST', 'seed', {}, { dir: folder });
  }

  /** Everything that expires or is dated goes by this clock. */
  readonly clock = {
    get: (): Promise<Clock> => this.#ask('GET', 'clock'),
    /** Sets it and lets it stand still. */
    set: (now: string | Date): Promise<Clock> =>
      this.#ask('POST', 'clock', {}, { now: now instanceof Date ? now.toISOString() : now }),
    /** Moves it, standing or running: `90s`, `2h`. */
    advance: (by: string): Promise<Clock> => this.#ask('POST', 'clock', {}, { advance: by }),
    freeze: (): Promise<Clock> => this.#ask('POST', 'clock', {}, { freeze: true }),
    /** By the machine's clock again. */
    resume: (): Promise<Clock> => this.#ask('POST', 'clock', {}, { resume: true }),
  };

  readonly snapshots = {
    list: async (): Promise<Snapshot[]> =>
      (await this.#ask<{ snapshots: Snapshot[] }>('GET', 'snapshots')).snapshots,
    save: (name: string): Promise<Snapshot> => this.#ask('PUT', `snapshots/${encodeURIComponent(name)}`),
    restore: async (name: string): Promise<void> => {
      await this.#ask('POST', `snapshots/${encodeURIComponent(name)}/restore`);
    },
    delete: async (name: string): Promise<void> => {
      await this.#ask('DELETE', `snapshots/${encodeURIComponent(name)}`);
    },
  };

  /** Calls that fail on purpose. */
  readonly faults = {
    /** The rules' ids. */
    add: async (...rules: FaultRule[]): Promise<number[]> => {
      return (await this.#ask<{ ids: number[] }>('POST', 'faults', {}, rules)).ids;
    },
    list: async (): Promise<Fault[]> => (await this.#ask<{ faults: Fault[] }>('GET', 'faults')).faults,
    remove: async (id: number): Promise<void> => {
      await this.#ask('DELETE', `faults/${id}`);
    },
    clear: async (): Promise<void> => {
      await this.#ask('DELETE', 'faults');
    },
  };

  /** What was sent, and what became of it. */
  readonly requests = {
    list: async (filter: RequestFilter = {}): Promise<LoggedRequest[]> =>
      (await this.#ask<{ requests: LoggedRequest[] }>('GET', 'requests', { ...filter })).requests,
    /** The first such request, if one has come or comes in time. */
    waitFor: async (filter: RequestFilter, wait = '5s'): Promise<LoggedRequest> => {
      const { requests } = await this.#ask<{ requests: LoggedRequest[] }>('GET', 'requests', { ...filter, wait });
      const [first] = requests;
      if (first === undefined) throw new Error(`no such request within ${wait}: ${JSON.stringify(filter)}`);
      return first;
    },
    clear: async (): Promise<void> => {
      await this.#ask('DELETE', 'requests');
    },
  };

  /** A signed URL of an image's variant. */
  async sign(image: string, variant: string, options: SignOptions = {}): Promise<string> {
    return (await this.#ask<{ url: string }>('GET', 'sign', { image, variant, ...options })).url;
  }

  async #ask<T = unknown>(method: string, control: string, query: Query = {}, body?: unknown): Promise<T> {
    const url = new URL(`${this.baseUrl}/_tintype/${control}`);
    for (const [name, value] of Object.entries({ ...query, account: this.id })) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    const init = body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
    const response = await fetch(url, { method, ...init });
    const answer = (await response.json()) as { error?: string };
    if (!response.ok) throw new ControlError(response.status, answer.error ?? `status ${response.status}`);
    return answer as T;
  }
}
