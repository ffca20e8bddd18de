// `npm run release -- 0.2.0` makes a release of what is checked out: the version and the changes get their heading, everything is proven by
// `.ci/run`, and only then committed, tagged and packed. Nothing is pushed. It stops before it changes anything when something speaks
// against it, and takes back what it wrote when the proof fails.
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { changelogFor, isNewer } from './changelog.js';

const [version = ''] = process.argv.slice(2);
const git = (...words: readonly string[]): string => execFileSync('git', words, { encoding: 'utf8' }).trim();
const written = ['CHANGELOG.md', 'package.json', 'package-lock.json'];

function refuse(message: string): never {
  console.error(message);
  process.exit(2);
}

const before = execFileSync('npm', ['pkg', 'get', 'version'], { encoding: 'utf8' })
  .trim()
  .replaceAll('"', '');
if (!isNewer(version, before)) refuse(`Say which version, newer than ${before}: npm run release -- 1.2.3`);
if (git('status', '--porcelain') !== '')
  refuse('The working tree has changes that are not committed: git status');
if (git('tag', '--list', `v${version}`) !== '') refuse(`The tag v${version} is there already.`);
const changes = changelogFor(readFileSync('CHANGELOG.md', 'utf8'), version, new Date());
if (changes === undefined)
  refuse('CHANGELOG.md says nothing under "Unreleased": write there what users will notice.');

writeFileSync('CHANGELOG.md', changes);
execFileSync('npm', ['version', version, '--no-git-tag-version'], { stdio: 'ignore' });
if (spawnSync('bash', ['.ci/run'], { stdio: 'inherit' }).status !== 0) {
  git('checkout', '--', ...written);
  refuse('.ci/run failed: nothing is released.');
}
git('commit', '--quiet', '--message', `Release ${version}`, '--', ...written);
git('tag', '--annotate', `v${version}`, '--message', `adfpush ${version}`);
execFileSync('npm', ['pack', '--silent'], { stdio: 'inherit' });
console.log(`adfpush ${version} is committed, tagged and packed. To publish it: git push --follow-tags`);
