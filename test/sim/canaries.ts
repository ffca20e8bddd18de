/** Secrets of every simulated project; whoever finds one where programs write or speak found a leak. */
export const secretToken = 'canary-token-5f1d';
export const secretHeader = 'canary-header-9c2e';

export const canaries: readonly string[] = [secretToken, secretHeader];

/** Where the project says that they come from. */
export const environmentVariables: Readonly<Record<string, string>> = {
  API_TOKEN: secretToken,
  HEALTH_KEY: secretHeader,
};
