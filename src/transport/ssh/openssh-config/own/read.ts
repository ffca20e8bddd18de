import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { nearest } from '../../../../errors/nearest.js';
import { openSshFileUnreadable } from '../../../../errors/ssh-config.js';
import type { Dump } from '../dump.js';
import type { Question } from '../settings.js';
import type { TokenValues } from '../tokens.js';
import { Collected } from './collected.js';
import { linesOf, refuseLine, wordsOf, type Line } from './lines.js';
import { matches } from './match.js';
import { glob, matchesList, matchesPattern } from './patterns.js';
import { readers } from './values.js';
import { readRegular, UnreadFile } from '../../../../system/regular-file.js';

/** Keywords that change nothing of how a host is reached, found or trusted by us; and those that OpenSSH has given up. */
const passedOver: ReadonlySet<string> = new Set(
  `addkeystoagent addressfamily afstokenpassing batchmode bindaddress bindinterface canonicaldomains canonicalizefallbacklocal
   canonicalizemaxdots casignaturealgorithms challengeresponseauthentication channeltimeout cipher ciphers clearallforwardings
   compression compressionlevel connectionattempts controlmaster controlpath controlpersist dsaauthentication dynamicforward
   enableescapecommandline enablesshkeysign escapechar exitonforwardfailure fallbacktorsh fingerprinthash forkafterauthentication
   forwardagent forwardx11 forwardx11timeout forwardx11trusted gatewayports globalknownhostsfile2 gssapiauthentication
   gssapiclientidentity gssapidelegatecredentials gssapikexalgorithms gssapikeyexchange gssapirenewalforcesrekey
   gssapiserveridentity gssapitrustdns hostbasedacceptedalgorithms hostbasedauthentication hostbasedkeytypes hostkeyalgorithms
   ipqos kbdinteractiveauthentication kbdinteractivedevices keepalive kerberosauthentication kerberostgtpassing kexalgorithms
   localcommand localforward loglevel logverbose macs nohostauthenticationforlocalhost numberofpasswordprompts
   obscurekeystroketiming passwordauthentication permitlocalcommand permitremoteopen pkcs11provider preferredauthentications
   protocol pubkeyacceptedalgorithms pubkeyacceptedkeytypes pubkeyauthentication rekeylimit remotecommand remoteforward requesttty
   requiredrsasize rhostsauthentication rhostsrsaauthentication rsaauthentication rsaminsize securitykeyprovider sendenv
   sessiontype setenv skeyauthentication smartcarddevice stdinnull streamlocalbindmask streamlocalbindunlink syslogfacility tag
   tcpkeepalive tisauthentication tunnel tunneldevice updatehostkeys useblacklistedkeys useprivilegedport userknownhostsfile2
   useroaming usersh verifyhostkeydns versionaddendum visualhostkey warnweakcrypto xauthlocation`
    .trim()
    .split(/\s+/),
);

/** This machine and its user, as the files and their tokens refer to them. */
export interface Local extends Pick<
  TokenValues,
  'homeDirectory' | 'localUser' | 'localUid' | 'localHost' | 'environment'
> {
  /** `/etc/ssh`. */
  readonly systemDirectory: string;
}

/** How deep files may include each other, as in OpenSSH's readconf.c. */
const maxDepth = 16;

interface Source {
  readonly file: string;
  readonly depth: number;
  /** The user's, where `~` may be used; else the system's. */
  readonly own: boolean;
  /** Named with `-F`: it must be there, and may belong to any user. */
  readonly named: boolean;
  /** False for a file that is included where our host is not meant: it is only checked. */
  readonly effective: boolean;
}

/**
 * Reads OpenSSH's configuration where there is no ssh to ask. It says what `ssh -G` would print beyond the defaults, or refuses: a line
 * that it cannot honour might be the one that says which way, or which key, is right. Follows `process_config_line` in OpenSSH's
 * readconf.c. Throws `ssh.config` with file, line and column.
 */
export async function readConfiguration(question: Question, local: Local): Promise<Dump> {
  const reading = new Reading(question, local);
  const base = { depth: 0, effective: true };
  const { configFile } = question;
  if (configFile !== undefined) await reading.file({ ...base, file: configFile, own: true, named: true });
  else {
    const { homeDirectory, systemDirectory } = local;
    await reading.file({ ...base, file: join(homeDirectory, '.ssh/config'), own: true, named: false });
    await reading.file({ ...base, file: join(systemDirectory, 'ssh_config'), own: false, named: false });
  }
  return reading.collected.dump(local, local.localUser);
}

class Reading {
  readonly collected: Collected;

  constructor(
    private readonly question: Question,
    private readonly local: Local,
  ) {
    const { name, user, port } = question;
    this.collected = new Collected(name, { user, port: port === undefined ? undefined : String(port) });
  }

  async file(source: Source): Promise<void> {
    const text = await textOf(source);
    let active = source.effective;
    for (const line of linesOf(source.file, text ?? '')) {
      if (line.keyword === 'host') active = this.#isHost(line) && source.effective;
      else if (line.keyword === 'match') active = this.#isMatch(line) && source.effective;
      else if (line.keyword === 'include') await this.#include(line, source, active);
      else this.#take(line, active, source.own);
    }
  }

  #isHost(line: Line): boolean {
    const patterns = wordsOf(line);
    if (patterns.length === 0 || patterns.includes('')) throw refuseLine(line, 'Host needs a pattern');
    const fits = (pattern: string): boolean => matchesPattern(this.question.name, pattern);
    if (patterns.some((pattern) => pattern.startsWith('!') && fits(pattern.slice(1)))) return false;
    return patterns.some((pattern) => !pattern.startsWith('!') && fits(pattern));
  }

  #isMatch(line: Line): boolean {
    const { localUser } = this.local;
    return matches(line, {
      host: this.collected.hostName,
      originalHost: this.question.name,
      user: this.collected.get('user') ?? localUser,
      localUser,
    });
  }

  async #include(line: Line, { own, depth }: Source, active: boolean): Promise<void> {
    if (depth >= maxDepth) throw refuseLine(line, `files include each other more than ${maxDepth} deep`);
    for (const word of wordsOf(line)) {
      for (const file of await glob(this.#includePath(line, word, own))) {
        await this.file({ file, depth: depth + 1, own, named: false, effective: active });
      }
    }
  }

  #includePath(line: Line, word: string, own: boolean): string {
    const { homeDirectory, systemDirectory } = this.local;
    if (word === '' || /[[\]\\]/.test(word))
      throw refuseLine(line, `only ssh itself can read the path "${word}"`);
    if (word.startsWith('~/') && own) return join(homeDirectory, word.slice(1));
    if (word.startsWith('~')) throw refuseLine(line, `"${word}" must not begin with a tilde here`);
    return word.startsWith('/') ? word : join(own ? join(homeDirectory, '.ssh') : systemDirectory, word);
  }

  #take(line: Line, active: boolean, own: boolean): void {
    const { keyword } = line;
    const read = Object.hasOwn(readers, keyword) ? readers[keyword] : undefined;
    if (read === undefined) {
      this.#passOver(line);
      return;
    }
    // Of lines for other hosts too: ssh refuses the whole file.
    const value = read(line, wordsOf(line));
    if (keyword === 'identityagent') this.#checkVariables(line, value ?? '');
    if (!active || value === undefined) return;
    const canonical = keyword.startsWith('canonicalize') && !/^no(ne)?$/i.test(value);
    if (canonical) throw refuseLine(line, 'only ssh itself can make names canonical');
    this.collected.take(line, value, own);
  }

  #checkVariables(line: Line, value: string): void {
    for (const [, name = ''] of value.matchAll(/\$\{([^}]*)\}/g)) {
      if (this.local.environment[name] === undefined)
        throw refuseLine(line, `the environment variable ${name} is not set`);
    }
    if (/^\$(?!\{)(?![A-Za-z_][A-Za-z0-9_]*$)/.test(value))
      throw refuseLine(line, `"${value}" does not name an environment variable`);
  }

  #passOver(line: Line): void {
    const { keyword } = line;
    const ignored = this.collected.get('ignoreunknown');
    if (passedOver.has(keyword) || (ignored !== undefined && matchesList(keyword, ignored.toLowerCase())))
      return;
    const near = nearest(keyword, [...Object.keys(readers), ...passedOver, 'include', 'match']);
    const question = near === undefined ? '' : `; did you mean "${near}"?`;
    throw refuseLine(line, `"${keyword}" is no keyword of OpenSSH's configuration${question}`);
  }
}

/** Undefined when it is not there, and need not be. */
async function textOf({ file, named, depth, own }: Source): Promise<string | undefined> {
  try {
    const { uid, mode } = await stat(file);
    const others = (uid !== 0 && uid !== process.getuid?.()) || (mode & 0o022) !== 0;
    if (others && ((own && !named) || depth > 0))
      throw openSshFileUnreadable(file, 'it can be written by others than you');
    return (await readRegular(file)).toString();
  } catch (error) {
    if (error instanceof UnreadFile) throw openSshFileUnreadable(file, error.message);
    if (!(error instanceof Error) || !('code' in error) || !('syscall' in error)) throw error;
    if (error.code === 'ENOENT' && !named) return undefined;
    throw openSshFileUnreadable(file, String(error.code));
  }
}
