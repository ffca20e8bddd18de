import type Docker from 'dockerode';
import { diskSize } from '../containers.js';
import { until } from '../until.js';
import { execIn, mustExecIn } from './exec.js';
import { parseContainers, type SeenContainer } from './seen-container.js';

/** As the host's entry script does it. */
const startEngine = 'setsid dockerd --insecure-registry 0.0.0.0/0 < /dev/null >> /var/log/dockerd.log 2>&1 &';

/** One host as the tests see and harm it: past SSH and past adfpush, from the outer Engine. */
export class FleetHost {
  constructor(
    /** Its EC2 instance id in the lab's account. */
    readonly id: string,
    /** Its Name tag. */
    readonly name: string,
    readonly address: string,
    readonly zone: string,
    private readonly machine: Docker.Container,
  ) {}

  /** Every container of the host, stopped ones too, as its own Engine tells; sorted by name. */
  async containers(): Promise<readonly SeenContainer[]> {
    const script = 'ids=$(docker ps --all --quiet --no-trunc); [ -z "$ids" ] || docker inspect $ids';
    return parseContainers(await this.sh(script));
  }

  /** The containers that run, by name. */
  async running(): Promise<readonly SeenContainer[]> {
    return (await this.containers()).filter(({ running }) => running);
  }

  /** Runs a script as root. Throws when it fails. */
  async sh(script: string): Promise<string> {
    return mustExecIn(this.machine, ['sh', '-ec', script]);
  }

  /** Its sshd and every session die at once, as when the machine loses its memory; nothing else does. */
  async killSshd(): Promise<void> {
    await execIn(this.machine, ['pkill', '-KILL', '-x', 'sshd']);
  }

  async startSshd(): Promise<void> {
    await this.sh('pgrep -x sshd > /dev/null || /usr/sbin/sshd');
    await until('sshd', async () =>
      (await execIn(this.machine, ['sh', '-c', 'ss -ltn | grep -q :22'])).code === 0 ? true : undefined,
    );
  }

  /** Its Engine ends: asked to, with its containers; or killed, with `live-restore` without them. Resolves when it is gone. */
  async stopEngine(signal: 'TERM' | 'KILL'): Promise<void> {
    await this.sh(`
      pid=$(cat /var/run/docker.pid)
      kill -${signal} "$pid"
      while [ -e "/proc/$pid/exe" ]; do sleep 0.05; done
      rm -f /var/run/docker.pid`);
  }

  /** Resolves when the Engine answers again. */
  async startEngine(): Promise<void> {
    await this.sh(`pgrep -x dockerd > /dev/null || ${startEngine}`);
    await until('the Docker Engine of a host', async () =>
      (await execIn(this.machine, ['docker', 'version'])).code === 0 ? true : undefined,
    );
  }

  /** From now on sshd dies the moment a running container of this name dies. Resolves when the trap is set. */
  async killSshdWhenDies(container: string): Promise<void> {
    await this.#killSshdOn('die', container);
  }

  /** From now on sshd dies the moment a container of this name is asked to stop. Resolves when the trap is set. */
  async killSshdWhenAskedToStop(container: string): Promise<void> {
    await this.#killSshdOn('kill', container);
  }

  async #killSshdOn(event: 'die' | 'kill', container: string): Promise<void> {
    await this.sh(`
      rm -f /run/trap
      (
        docker events --filter container=${container} --filter event=${event} --format seen > /run/trap &
        watcher=$!
        while kill -0 $watcher && ! [ -s /run/trap ]; do sleep 0.02; done
        if [ -s /run/trap ]; then pkill -KILL -x sshd; fi
        kill $watcher
      ) > /dev/null 2>&1 < /dev/null &
      while ! [ -e /run/trap ]; do sleep 0.02; done
      # Until the Engine has the subscription.
      sleep 0.3`);
  }

  /** The machine stands still: nothing on it answers, and no connection is closed. */
  async freeze(): Promise<void> {
    await this.machine.pause();
  }

  async thaw(): Promise<void> {
    const { State } = await this.machine.inspect();
    if (State.Paused) await this.machine.unpause();
  }

  /** The disk that Docker keeps its data on has no byte left. */
  async fillDisk(): Promise<void> {
    await this.sh(`
      used=$(df --output=used -k /var/lib/docker | tail -n 1)
      mount -o remount,size=$((used + 4))k /var/lib/docker`);
  }

  async emptyDisk(): Promise<void> {
    await this.sh(`mount -o remount,size=${diskSize} /var/lib/docker`);
  }

  /** Somebody's own container, that adfpush knows nothing of. */
  async runForeign(name: string, image: string, port: number): Promise<void> {
    await this.sh(`docker run --detach --name ${name} --publish ${String(port)}:5000 ${image}`);
  }

  /** As it was when the fleet started: sshd answers, Docker has no containers, networks, volumes or images, and no lock was ever taken. */
  async reset(): Promise<void> {
    await this.thaw();
    await this.sh(`
      # Whatever still speaks to the Engine: a trap, the far end of a lost connection.
      pkill -KILL -x docker || true
      mount -o remount,size=${diskSize} /var/lib/docker
      ids=$(docker ps --all --quiet); [ -z "$ids" ] || docker rm --force --volumes $ids
      docker network prune --force
      volumes=$(docker volume ls --quiet); [ -z "$volumes" ] || docker volume rm --force $volumes
      images=$(docker images --all --quiet | sort -u); [ -z "$images" ] || docker rmi --force $images
      rm -rf /home/*/.adfpush /home/*/.local /var/lib/adfpush /tmp/adfpush* /var/tmp/adfpush /dev/shm/adfpush`);
    await this.startSshd();
  }
}
