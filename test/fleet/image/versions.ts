/** The images of the fleet, by repository and tag: how each behaves is baked into its environment. */
export const versions: readonly {
  readonly repository: 'api' | 'web';
  readonly tag: string;
  readonly env: Readonly<Record<string, string>>;
}[] = [
  { repository: 'api', tag: 'v1', env: { APP_VERSION: 'v1' } },
  { repository: 'api', tag: 'v2', env: { APP_VERSION: 'v2' } },
  // Starts, and never gets healthy.
  { repository: 'api', tag: 'v3', env: { APP_VERSION: 'v3', APP_HEALTH: 'never' } },
  // Exits at once.
  { repository: 'api', tag: 'v4', env: { APP_VERSION: 'v4', APP_START: 'exit' } },
  { repository: 'api', tag: 'v5', env: { APP_VERSION: 'v5' } },
  // A web server in front of the app.
  { repository: 'web', tag: 'w1', env: { APP_VERSION: 'w1', APP_UPSTREAM: 'api:5000' } },
  { repository: 'web', tag: 'w2', env: { APP_VERSION: 'w2', APP_UPSTREAM: 'api:5000' } },
];
