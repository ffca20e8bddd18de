/** One host of a ProxyJump, as ssh_config(5) writes it: `user@host:port`, an IPv6 address in brackets. Groups: user, host, port. */
export const jumpForm =
  /^(?:ssh:\/\/)?(?:([^\s,]+)@)?(\[[0-9A-Fa-f:.%\w]+\]|[^-:@,\s[\]/][^:@,\s[\]/]*)(?::(\d{1,5}))?\/?$/;
