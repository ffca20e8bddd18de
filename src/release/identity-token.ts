/** Docker's user name for an identity token in place of a password. Source: docker/cli, credentials of native stores. */
export const identityTokenUser = '<token>';
