/** Starts and steers tintype, Cloudflare Images on localhost, from tests. */

export { Account, ControlError, DEFAULT_ACCOUNT } from './control.js';
export type {
  Clock,
  Fault,
  FaultRule,
  LoggedRequest,
  RequestFilter,
  SignOptions,
  Snapshot,
} from './control.js';
export { Tintype } from './server.js';
export type { StartOptions } from './server.js';
