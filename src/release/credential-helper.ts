import { spawn } from 'node:child_process';
import { z } from 'zod';
import { credentialHelperFailed } from '../errors/registry.js';
import { Secret } from '../model/secret.js';
import type { RegistryCredentials } from '../ports/registry.js';

const answerSchema = z.object({ Username: z.string(), Secret: z.string() });

/** A helper that asks for a passphrase must not hang a build. */
const timeoutMs = 30_000;

/**
 * What `docker-credential-NAME get` answers; undefined when it knows no credentials for the server. The server goes over
 * stdin, as Docker gives it. Throws `registry.credential_helper`.
 */
export async function askCredentialHelper(
  name: string,
  server: string,
): Promise<Pick<RegistryCredentials, 'username' | 'password'> | undefined> {
  const helper = `docker-credential-${name}`;
  if (!/^[\w.-]+$/.test(name))
    throw credentialHelperFailed(helper, server, 'its name is not the name of a program');
  const { code, stdout, stderr } = await run(helper, server);
  if (code !== 0) {
    // The protocol's only way to say that there is nothing. Source: docker-credential-helpers, credentials/error.go.
    if (/credentials not found/i.test(stdout + stderr)) return undefined;
    throw credentialHelperFailed(helper, server, lastLine(stderr) || lastLine(stdout) || `exit code ${code}`);
  }
  const answer = answerSchema.safeParse(jsonIn(stdout));
  if (!answer.success) throw credentialHelperFailed(helper, server, 'its answer has no Username and Secret');
  const { Username: username, Secret: password } = answer.data;
  return username === '' && password === '' ? undefined : { username, password: new Secret(password) };
}

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(helper: string, input: string): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(helper, ['get'], { stdio: 'pipe', timeout: timeoutMs });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', (error) => {
      const isMissing = 'code' in error && error.code === 'ENOENT';
      reject(
        credentialHelperFailed(helper, input, isMissing ? 'it is not installed' : error.message, isMissing),
      );
    });
    child.on('close', (code) => resolve({ code, stdout, stderr }));
    // A helper that ends without reading is judged by its exit code.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const lastLine = (text: string): string => text.trim().split('\n').at(-1) ?? '';
