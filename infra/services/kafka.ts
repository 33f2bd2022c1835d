// A real Apache Kafka (KRaft, one node) on loopback for tests and benches: up when opened, killed like a machine, restarted on what it wrote, gone with us.
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { runProgram } from './fetch-artifact.ts'
import { fetchKafkaJars } from './kafka-jars.ts'
import { type KafkaListeners, SASL_USER, writeKafkaSettings } from './kafka-settings.ts'
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
  close(): Promise<void>
}
export type KafkaOptions = {
  /** Its data and settings; whoever made the directory removes it. */
  directory: string
  port?: number
  listeners?: KafkaListeners
  /** A second plaintext listener at `port`, which clients are told is at `advertisedPort`: where a proxy is. */
  proxied?: { port: number; advertisedPort: number }
}

const START_WITHIN_MS = 60_000
const jvm = [
  '-Xms64m',
  '-Xmx384m',
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
]

export async function openKafka({ directory, port, listeners = 'plaintext', proxied }: KafkaOptions): Promise<Kafka> {
  const jars = join(await fetchKafkaJars(), '*')
  const clients = port ?? (await freePort())
  const ports = { clients, controller: await freePort(), internal: await freePort(), proxied: proxied ?? null }
  await mkdir(directory, { recursive: true })
  const { settings, certificate } = await writeKafkaSettings(directory, ports, listeners)
  await format(jars, settings, listeners)
  const server = await startServerProcess({
    name: `Kafka at 127.0.0.1:${clients}`,
    command: 'java',
    args: [...jvm, '-cp', jars, 'kafka.Kafka', settings],
    isUp: () => isListening(clients),
    startWithinMs: START_WITHIN_MS,
  })
  return {
    brokers: `127.0.0.1:${clients}`,
    certificate,
    kill: server.kill,
    restart: async () => {
      await server.kill()
      await server.start()
    },
    close: server.close,
  }
}

async function format(jars: string, settings: string, listeners: KafkaListeners) {
  // A uuid as Kafka writes it, which never begins like an option.
  const id = randomBytes(16).toString('base64url').replace(/^-/, 'A')
  const { mechanism, username, password } = SASL_USER
  const scram = ['--add-scram', `${mechanism.toUpperCase()}=[name=${username},password=${password}]`]
  const options = ['format', '-t', id, '-c', settings, '-g', ...(listeners === 'sasl-ssl' ? scram : [])]
  await runProgram('java', ['-cp', jars, 'kafka.tools.StorageTool', ...options])
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
