/** How an inventory wants its AWS account reached. */
export interface CloudAccess {
  /** The ARN of a role to assume, with the session name `adfpush`. */
  readonly role?: string;
  /** A profile of the shared AWS configuration files. */
  readonly profile?: string;
  /** One URL that serves all services that are asked instead of AWS: the lab's. */
  readonly endpoint?: string;
  /** Where the account's identity is asked for; `AWS_REGION`, then us-east-1, when absent. */
  readonly region?: string;
}
