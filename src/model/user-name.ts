/**
 * Whether this can be the name of a user of a host: what useradd of Debian and of Red Hat lets through at most. So it is no option of a program,
 * no number, and nothing that a shell would read otherwise.
 */
export const isUserName = (text: string): boolean => /^[A-Za-z_][A-Za-z0-9_.-]{0,30}\$?$/.test(text);
