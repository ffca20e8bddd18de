import { suggest } from '../errors/nearest.js';

/** What stands in for modules that are not here, by a sentence. */
const command = 'Run its program with command, and say with changed_when and creates when something changed.';
const packages = 'Write package: { name: …, state: present }, which knows apt, dnf, yum and apk.';
const cloud =
  'What the cloud is made of is made before hosts are deployed to: with Terraform, CloudFormation or the aws program in local_command.';
const balancer =
  'Write elb_target: { state: drained } and { state: in_service }, which wait until the balancer says so.';
const messages = 'Write webhook: { url: …, body: … } with run_once: true.';
const compose = 'Write docker_container for each service, and docker_network and docker_volume for the rest.';
const kubernetes = 'Run kubectl or helm with local_command.';
const windows = 'Hosts run Linux.';
const network = 'Hosts run Linux with a shell.';
const database =
  'Run the program of the database with command, once: run_once: true, and one_way: true where nothing leads back.';
const imported =
  'Write import_tasks, which is read with the playbook, or include_tasks, which is read when it runs.';
const inventory =
  'Write add_host with name: "{{ inventory_hostname }}" and groups, in a play with serial: 1; better, say it in the inventory: tags of EC2, or groups in its file.';
const facts = 'Facts are facts.*, with gather_facts: true on the play or the task setup.';
const firewall =
  'Run ufw, nft or firewall-cmd with command, and say with changed_when when something changed.';
const keys = 'Put the file there with copy or lineinfile, mode "0600".';

/** Modules of Ansible by their short names. One that is here by now is known before this is asked. */
const instead: Readonly<Record<string, string>> = {
  // What ansible.builtin has.
  group_by: inventory,
  apt_key:
    'Put the key there with get_url (with its checksum), below /etc/apt/keyrings, and name it by signed-by in the source.',
  apt_repository:
    'Put the source there with copy: /etc/apt/sources.list.d/NAME.list, then apt: { update_cache: true }.',
  assemble: 'Write template with {{#each}}, or copy each part into a .d folder of the program.',
  deb822_repository:
    'Put the source there with copy: /etc/apt/sources.list.d/NAME.sources, then apt: { update_cache: true }.',
  debconf: 'Write command: debconf-set-selections, with args: { stdin: … }, before apt, with changed_when.',
  dnf: packages,
  dnf5: packages,
  dpkg_selections: 'Write command: apt-mark hold NAME, with changed_when.',
  expect:
    'Give the answers by options or on stdin: command with stdin. What asks on a terminal cannot be run.',
  gather_facts: 'Write setup.',
  getent: 'Write command: getent passwd NAME, with register and changed_when: false.',
  git: 'Write command: git clone …, with creates; better, put what is built into the image.',
  hostname: 'Write command: hostnamectl set-hostname NAME, with changed_when.',
  import_playbook: 'It stands beside the plays, at the left margin.',
  include: imported,
  iptables: firewall,
  iptables_state: firewall,
  known_hosts: 'Write lineinfile with path: /etc/ssh/ssh_known_hosts.',
  mount_facts: facts,
  package_facts: 'Write command: dpkg-query -W NAME, with register and changed_when: false.',
  pip: 'Write command: pip install …, with creates; better, put what is built into the image.',
  raw: 'Write shell: a host needs no Python for any module.',
  rpm_key: 'Write command: rpm --import URL, with changed_when.',
  service_facts:
    'Write command: systemctl is-active NAME, with register, changed_when: false and failed_when: false.',
  set_stats: 'The result of a run is written by --json and --junit.',
  slurp:
    'Write fetch, which keeps the file on this machine; or command: cat FILE, with register, for its text.',
  subversion: 'Write command: svn checkout …, with creates.',
  systemd_service: 'Write systemd.',
  sysvinit: 'Write service.',
  tempfile: 'Write command: mktemp -d, with register.',
  validate_argument_spec: 'Write assert, with that: defined(NAME).',
  wait_for_connection: 'A play waits for the connection of each host by itself.',
  win_shell: windows,
  yum: packages,
  yum_repository: 'Put the source there with copy: /etc/yum.repos.d/NAME.repo.',

  // Popular ones of collections.
  acl: 'Write command: setfacl …, with changed_when.',
  alternatives: 'Write command: update-alternatives --set NAME PATH, with changed_when.',
  apk: packages,
  archive: 'Write command: tar -czf FILE FOLDER, with creates.',
  at: 'Write cron, or command: systemd-run --on-active=….',
  authorized_key: 'Write lineinfile with path: /home/NAME/.ssh/authorized_keys, create: true, mode: "0600".',
  bower: command,
  bundler: command,
  composer: command,
  cronvar: 'Write cron with env: true.',
  docker_compose: compose,
  docker_compose_v2: compose,
  docker_container_exec: 'Write docker_exec.',
  docker_container_info: 'Write docker_exec or docker_logs; adfpush status tells what runs where.',
  docker_host_info: facts,
  docker_image_build: 'Images are built before a deploy, and pulled by docker_image.',
  docker_image_info: 'Write docker_image, which says whether it is there.',
  docker_image_pull: 'Write docker_image.',
  docker_image_tag: 'Images are tagged before a deploy; hosts run them by their digest.',
  docker_service: compose,
  docker_stack: 'There is no swarm: a deploy rolls containers over hosts.',
  docker_swarm: 'There is no swarm: a deploy rolls containers over hosts.',
  docker_swarm_service: 'There is no swarm: a deploy rolls containers over hosts.',
  filesystem: 'Write command: mkfs.ext4 DEVICE, with creates or a when, and one_way: true.',
  firewalld: firewall,
  flatpak: packages,
  gem: command,
  homebrew: packages,
  htpasswd: 'Write lineinfile, with the hash as a secret and mode: "0640".',
  ini_file: 'Write lineinfile with regexp, or template for the whole file.',
  interfaces_file: 'Write template, or lineinfile with regexp.',
  ipify_facts: 'Write uri: { url: https://api.ipify.org }, with register.',
  jenkins_job: 'Write webhook.',
  k8s: kubernetes,
  k8s_info: kubernetes,
  helm: kubernetes,
  kubectl: kubernetes,
  lvg: command,
  lvol: command,
  logrotate: 'Put the file there with copy: /etc/logrotate.d/NAME.',
  lxd_container: 'Containers are those of Docker: docker_container.',
  make: command,
  maven_artifact: 'Write get_url with a checksum.',
  modprobe: 'Write command: modprobe NAME, with changed_when, and copy to /etc/modules-load.d/NAME.conf.',
  mount: 'Write lineinfile with path: /etc/fstab, and command: mount PATH, with changed_when.',
  mysql_db: database,
  mysql_user: database,
  mysql_query: database,
  postgresql_db: database,
  postgresql_user: database,
  postgresql_query: database,
  mongodb_user: database,
  redis: database,
  nmcli: command,
  npm: 'Write command: npm ci, with chdir and changed_when; better, put what is built into the image.',
  openssh_keypair: 'Write command: ssh-keygen -t ed25519 -N "" -f PATH, with creates.',
  openssl_certificate: keys,
  openssl_privatekey: keys,
  x509_certificate: keys,
  opkg: packages,
  pacman: packages,
  pam_limits: 'Put the file there with copy: /etc/security/limits.d/NAME.conf.',
  parted: command,
  patch: 'Write replace, blockinfile or template.',
  pear: command,
  podman_container: 'Containers are those of Docker: docker_container.',
  rabbitmq_user: command,
  rhsm_repository: command,
  redhat_subscription: command,
  sefcontext: command,
  seboolean: command,
  selinux: command,
  snap: packages,
  supervisorctl: 'Write systemd for a unit, or command: supervisorctl restart NAME.',
  svc: 'Write service.',
  synchronize: 'Write copy with a folder as src, which compares the whole tree in one look.',
  sysctl: 'Write copy to /etc/sysctl.d/NAME.conf, notify a handler with command: sysctl --system.',
  terraform: 'Run terraform with local_command.',
  timezone: 'Write command: timedatectl set-timezone NAME, with changed_when.',
  ufw: firewall,
  xml: 'Write replace or template.',
  yarn: 'Write command: yarn install, with chdir and changed_when; better, put what is built into the image.',
  zypper: packages,

  // Messages.
  slack: messages,
  mail: 'Write webhook to a service that sends mail, or local_command: mail ….',
  hipchat: messages,
  telegram: messages,
  discord: messages,
  mattermost: messages,
  rocketchat: messages,
  office_365_connector_card: messages,
  pagerduty: messages,
  datadog_event: messages,
  newrelic_deployment: messages,
  grafana_annotation: messages,
  nagios: 'Write webhook, or command on the host of Nagios with delegate_to.',
  haproxy:
    'Write shell: echo "disable server …" | socat …, with delegate_to the balancer; adfpush knows those of AWS by elb_target.',

  // Load balancers of AWS.
  elb_instance: balancer,
  ec2_elb: balancer,
  elb_classic_lb: balancer,
  elb_target_group: cloud,
  elb_application_lb: cloud,
  cloudformation: cloud,
  route53: cloud,
  s3_object: 'Write local_command: aws s3 cp …, or command on a host that may do so.',
  aws_s3: 'Write local_command: aws s3 cp …, or command on a host that may do so.',
  s3_sync: 'Write local_command: aws s3 sync ….',
};

/** Beginnings of names, for whole families of modules. */
const families: readonly (readonly [RegExp, string])[] = [
  [/^win_/, windows],
  [
    /^(ec2|rds|s3|iam|elb|ecs|eks|vpc|lambda|aws|cloud|route53|sns|sqs|autoscaling|dynamodb|elasticache|efs)(_|$)/,
    cloud,
  ],
  [/^(azure|gcp|gce|os|openstack|digital_ocean|hcloud|vmware|proxmox|linode|rax)_/, cloud],
  [/^(ios|nxos|eos|junos|vyos|asa|iosxr|panos|fortios)_/, network],
  [/^(k8s|helm|openshift)_/, kubernetes],
  [/^(mysql|postgresql|mongodb|mssql|influxdb)_/, database],
  [/^docker_swarm/, 'There is no swarm: a deploy rolls containers over hosts.'],
];

/** The names of all modules of Ansible that something is said of. */
export const modulesElsewhere: readonly string[] = Object.keys(instead);

/**
 * How what a module of Ansible does is done here; undefined for a name that is none of its own. `known` are the modules here: one under
 * the name of a collection, `community.docker.docker_container`, is called by its last word.
 */
export function hintForModule(name: string, known: readonly string[]): string | undefined {
  const words = name.split('.');
  const local = words.at(-1) ?? name;
  const isOfCollection = words.length >= 2;
  if (isOfCollection && known.includes(local)) return `Write ${local}.`;
  if (Object.hasOwn(instead, local)) return instead[local];
  const family = families.find(([pattern]) => pattern.test(local))?.[1];
  if (family !== undefined) return family;
  if (!isOfCollection) return undefined;
  return `There are no collections. ${suggest(local, known, 'There are') ?? ''} Otherwise run its program with command, or write a module of the project's own, in modules/.`;
}
