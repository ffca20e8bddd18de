/** What did not answer for a while: the SSH connection of a host, its Docker Engine, a registry, AWS. */
export type BlipSource = 'connection' | 'engine' | 'registry' | 'cloud';
