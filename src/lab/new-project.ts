import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageFolder } from '../program-files.js';
import { fixedPorts, labDirectory } from './background.js';
import { projectFiles } from './project.js';

const forEditors = (kind: string): string =>
  `# yaml-language-server: $schema=../.adfpush/schema/${kind}.json\n`;

const prod = `${forEditors('inventory')}# Your own fleet. Put in your account and region, then: adfpush doctor --env prod
source: aws_ec2
account: '123456789012' # checked before anything else
regions: [eu-west-1]
filters: { 'tag:Environment': prod } # a tag DeployGroup: api puts an instance into the group api
# role: arn:aws:iam::123456789012:role/deployer
# ssh: { user: ec2-user, proxy_jump: bastion.example.com }
vars: { registry: 123456789012.dkr.ecr.eu-west-1.amazonaws.com }
`;

const jenkinsfile = `pipeline {
  agent any
  parameters {
    string(name: 'VERSION', description: 'Tag of the image; empty: the version of the group')
    choice(name: 'ENVIRONMENT', choices: ['lab', 'prod'])
  }
  options { disableConcurrentBuilds() }
  stages {
    stage('Check') { steps { sh 'adfpush lint' } }
    stage('Deploy') {
      steps {
        // An empty parameter counts as not given.
        withEnv(["ADFPUSH_ENV=\${params.ENVIRONMENT}", "ADFPUSH_VERSION=\${params.VERSION}"]) {
          sh 'adfpush deploy --group api --junit deploy.xml'
        }
      }
    }
  }
  post { always { junit allowEmptyResults: true, testResults: 'deploy.xml' } }
}
`;

const readme = (name: string): string => `# ${name}

Deployed by adfpush.

- \`adfpush.yml\`: the project. \`inventory/ENV.yml\`: an environment, and where its hosts come from.
- \`inventory/group_vars/api.yml\`: the group \`api\`: its image, container, health check, target groups, rollout.
- \`playbooks/deploy.yml\`: what \`adfpush deploy\` runs.

Try it on a fleet in a box, without an AWS account:

    adfpush lab start
    adfpush deploy --group api --env lab --version v2
    adfpush lab stop

Then put your account into \`inventory/prod.yml\`, your image into \`inventory/group_vars/api.yml\`, and:

    adfpush lint
    adfpush doctor --env prod
    adfpush plan --group api --env prod

Editors with the YAML language server complete these files after \`adfpush schema --write .adfpush/schema\`.
`;

/** The files of a new project, by path: ready to deploy the group \`api\` on the lab. */
export function newProject(name: string): Readonly<Record<string, string>> {
  const lab = projectFiles({
    endpoint: `http://127.0.0.1:${fixedPorts.aws}`,
    registryAddress: `127.0.0.1:${fixedPorts.registry}`,
    identityFile: `${labDirectory}/id_ed25519`,
    knownHostsFile: `${labDirectory}/known_hosts`,
  });
  const kept = ['inventory/lab.yml', 'inventory/group_vars/api.yml', 'templates/api.env.hbs'];
  return {
    ...Object.fromEntries(Object.entries(lab).filter(([path]) => kept.includes(path))),
    'adfpush.yml': `# yaml-language-server: $schema=.adfpush/schema/project.json\nname: ${JSON.stringify(name)}\n`,
    'inventory/prod.yml': prod,
    'playbooks/deploy.yml': readFileSync(join(packageFolder, 'playbooks/deploy.yml'), 'utf8'),
    Jenkinsfile: jenkinsfile,
    '.gitignore': '.adfpush/\ndeploy.xml\n',
    'README.md': readme(name),
  };
}
