import type { Cloud } from './cloud.js';
import type { Query } from './query.js';
import type { Xml } from './xml.js';

/** Who asks, and where. */
export interface Caller {
  readonly cloud: Cloud;
  /** The account that the caller's credentials belong to. */
  readonly account: string;
  /** The region that the request was signed for. */
  readonly region: string;
  readonly accessKey: string;
}

/** One API action: its result, without the envelope. Throws `AwsFault`. */
export type Action = (query: Query, caller: Caller) => Xml;
