// A real Apache Kafka (KRaft, one node) on loopback: up when opened, killed like a machine, restarted on what it wrote, gone with us.
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { isThere, runProgram } from './fetch-artifact.ts'
import { type JavaClasses, readyClasses } from './java-classes.ts'
import { fetchKafkaJars } from './kafka-jars.ts'
import { dataDirectory, type KafkaListeners, type KafkaPorts, SASL_USER, writeKafkaSettings } from './kafka-settings.ts'
import { freePort, startServerProcess } from './server-process.ts'

export type Kafka = {
  /** host:port for clients. */
  brokers: string
  /** PEM; null on a plaintext listener. */
  certificate: string | null
  /** kill -9: what the process had not handed to the system is lost. */
  kill(): Promise<void>
  /** On the same ports and data; kills first where it runs. */
  restart(): Promise<void>
  /** Resolves with its last words when it ends without being told to. */
  ended: Promise<string>
  close(): Promise<void>
}
export type KafkaOptions = {
  /** Its data and settings: another broker opened on them later goes on there. Whoever made the directory removes it. */
  directory: string
  port?: number | undefined
  controllerPort?: number | undefined
  listeners?: KafkaListeners
  /** With `mutual-tls`, PEM: whose certificates let clients in. */
  clientAuthority?: string
  /**
   * Makes topics for clients that only look at them [true]: Kafka's own default, so that a client that relies on it, or on its absence, is
   * found out. A consumer that came before zaplog would get a topic with another number of partitions.
   */
  createsTopics?: boolean
  /** A second plaintext listener at `port`, which clients are told is at `advertisedPort`: where a proxy is. */
  proxied?: { port: number; advertisedPort: number }
  /** What a new one calls itself, as Kafka writes it [a new name]. */
  clusterId?: string
  /** What its JVM is told of parsed classes [to use those that are ready]. */
  classes?: JavaClasses
}

const jvm = [
  '-Xms64m',
  '-Xmx384m',
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
]

export async function openKafka(options: KafkaOptions, signal?: AbortSignal): Promise<Kafka> {
  const { directory, listeners = 'plaintext', createsTopics = true, clientAuthority = '', clusterId = newClusterId() } = options
  const jarDirectory = await fetchKafkaJars()
  const jars = join(jarDirectory, '*')
  const ready = await readyClasses(jarDirectory)
  const classes = options.classes ?? ready
  const ports = await choosePorts(options)
  await mkdir(directory, { recursive: true })
  const { settings, certificate } = await writeKafkaSettings(directory, ports, { listeners, createsTopics, clientAuthority })
  if (!(await isFormatted(directory)))
    await format({ java: [...jvm, ...ready.flags], jars, settings, listeners, clusterId }, signal)
  const { clients } = ports
  const server = await startServerProcess(
    {
      name: `Kafka at 127.0.0.1:${clients}`,
      command: 'java',
      args: [...jvm, ...classes.flags, '-cp', jars, 'kafka.Kafka', settings],
      isUp: () => isListening(clients),
      startWithinMs: classes.startWithinMs,
      stopWithinMs: classes.stopWithinMs,
    },
    signal,
  )
  return {
    brokers: `127.0.0.1:${clients}`,
    certificate,
    kill: server.kill,
    restart: async () => {
      await server.kill()
      await server.start()
    },
    ended: server.ended,
    close: server.close,
  }
}

const choosePorts = async ({ port, controllerPort, proxied }: KafkaOptions): Promise<KafkaPorts> => ({
  clients: port ?? (await freePort()),
  controller: controllerPort ?? (await freePort()),
  internal: await freePort(),
  proxied: proxied ?? null,
})

/** Kafka's format command writes this file last. */
const isFormatted = (directory: string): Promise<boolean> => isThere(join(dataDirectory(directory), 'meta.properties'))

/** A uuid as Kafka writes it, which never begins like an option. */
const newClusterId = (): string => randomBytes(16).toString('base64url').replace(/^-/, 'A')

type Format = { java: readonly string[]; jars: string; settings: string; listeners: KafkaListeners; clusterId: string }
async function format({ java, jars, settings, listeners, clusterId }: Format, signal?: AbortSignal): Promise<void> {
  const { mechanism, username, password } = SASL_USER
  const scram = ['--add-scram', `${mechanism.toUpperCase()}=[name=${username},password=${password}]`]
  const options = ['format', '-t', clusterId, '-c', settings, '-g', ...(listeners === 'sasl-ssl' ? scram : [])]
  await runProgram('java', [...java, '-cp', jars, 'kafka.tools.StorageTool', ...options], { signal })
}

async function isListening(port: number): Promise<boolean> {
  const socket = createConnection({ host: '127.0.0.1', port })
  const connected = await once(socket, 'connect').then(
    () => true,
    () => false, // refused: not yet
  )
  socket.destroy()
  return connected
}
