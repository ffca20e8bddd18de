import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../stages/temporary-folder.js';

/** A package of the tests' own. */
interface TestPackage {
  readonly name: string;
  readonly version: string;
  /** Further fields of its control file: `Depends: base`. */
  readonly fields?: readonly string[];
  /** Names of its configuration files. */
  readonly configuration?: readonly string[];
}

/** The real apt and dpkg of this machine, with a root, a repository and lists of their own: nothing of the machine is changed. */
export class SandboxedApt {
  readonly folder = temporaryFolder('apt');
  readonly environment: Readonly<Record<string, string>>;
  readonly #repository = join(this.folder, 'repository');
  readonly #root = join(this.folder, 'root');

  constructor() {
    const admin = join(this.#root, 'var/lib/dpkg');
    for (const path of [
      ...['info', 'updates', 'parts', 'triggers', 'alternatives'].map((name) => join(admin, name)),
      ...['etc/apt/sources.list.d', 'etc/apt/apt.conf.d', 'etc/apt/preferences.d', 'var/log/apt'].map(
        (name) => join(this.#root, name),
      ),
      ...['var/lib/apt/lists/partial', 'var/lib/apt/periodic', 'var/cache/apt/archives/partial', 'tmp'].map(
        (name) => join(this.#root, name),
      ),
      this.#repository,
    ]) {
      mkdirSync(path, { recursive: true });
    }
    for (const name of ['status', 'available', 'lock']) writeFileSync(join(admin, name), '');
    writeFileSync(
      join(this.#root, 'etc/apt/sources.list'),
      `deb [trusted=yes] copy:${this.#repository} ./\n`,
    );
    const architecture = execFileSync('dpkg', ['--print-architecture'], { encoding: 'utf8' }).trim();
    const configuration = join(this.folder, 'apt.conf');
    writeFileSync(
      configuration,
      `Dir "${this.#root}"; Dir::State::status "${join(admin, 'status')}"; APT::Architecture "${architecture}";
       APT::Sandbox::User ""; Acquire::Languages "none"; APT::Periodic::Enable "0";
       DPkg::Options { "--root=${this.#root}"; "--force-script-chrootless"; "--force-not-root"; "--force-unsafe-io"; "--log=${this.folder}/dpkg.log"; };
       Dir::Bin::dpkg "/usr/bin/dpkg";
       APT::Update::Post-Invoke-Success { "touch ${this.#root}/var/lib/apt/periodic/update-success-stamp"; };\n`,
    );
    this.environment = { APT_CONFIG: configuration, DPKG_ADMINDIR: admin };
  }

  /** Builds packages, and puts them into the repository beside those that are there. */
  publish(...packages: readonly TestPackage[]): void {
    for (const one of packages) this.#build(one);
    const debs = readdirSync(this.#repository).filter((name) => name.endsWith('.deb'));
    const entries = debs.map((name) => {
      const path = join(this.#repository, name);
      const fields = execFileSync('dpkg-deb', ['-f', path], { encoding: 'utf8' }).trimEnd();
      const sha256 = createHash('sha256').update(readFileSync(path)).digest('hex');
      return `${fields}\nFilename: ./${name}\nSize: ${statSync(path).size}\nSHA256: ${sha256}\n`;
    });
    writeFileSync(join(this.#repository, 'Packages'), entries.join('\n'));
  }

  /** The file of a package that was published. */
  fileOf(name: string, version: string): string {
    return join(this.#repository, `${name}_${version}.deb`);
  }

  /** `name version` of what is installed, sorted. */
  installed(): readonly string[] {
    const format = '${db:Status-Abbrev}|${Package} ${Version}\n';
    const { DPKG_ADMINDIR: admin = '' } = this.environment;
    return execFileSync('dpkg-query', [`--admindir=${admin}`, '-W', '-f', format], { encoding: 'utf8' })
      .split('\n')
      .flatMap((line) => (line.startsWith('ii ') ? [line.slice(4)] : []))
      .sort();
  }

  path(...names: readonly string[]): string {
    return join(this.#root, ...names);
  }

  /** The package lists are this old now. */
  age(seconds: number): void {
    const then = statSync(this.folder).ctimeMs / 1_000 - seconds;
    const stamp = this.path('var/lib/apt/periodic/update-success-stamp');
    writeFileSync(stamp, '');
    for (const path of [stamp, this.path('var/lib/apt/lists')]) utimesSync(path, then, then);
  }

  #build({ name, version, fields = [], configuration = [] }: TestPackage): void {
    const content = temporaryFolder('package', this.folder);
    mkdirSync(join(content, 'DEBIAN'));
    const lines = [
      `Package: ${name}`,
      `Version: ${version}`,
      'Architecture: all',
      'Maintainer: test <test@example.com>',
      `Description: ${name}`,
      ...fields,
    ];
    writeFileSync(join(content, 'DEBIAN/control'), `${lines.join('\n')}\n`);
    if (configuration.length > 0) {
      writeFileSync(join(content, 'DEBIAN/conffiles'), configuration.map((one) => `/etc/${one}\n`).join(''));
      mkdirSync(join(content, 'etc'));
      for (const one of configuration) writeFileSync(join(content, 'etc', one), `${version}\n`);
    }
    execFileSync('dpkg-deb', ['--root-owner-group', '-b', content, this.fileOf(name, version)], {
      stdio: 'ignore',
    });
  }
}
