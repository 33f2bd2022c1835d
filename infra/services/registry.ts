// A real schema registry on loopback for a test run: Apicurio with Confluent's API; schemas survive its restarts where it has a directory.
import { randomUUID } from 'node:crypto'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fetchArtifact, runProgram } from './fetch-artifact.ts'
import { answersOk, freePort, type ServerProcess, startServerProcess } from './server-process.ts'

export type RegistryServer = ServerProcess & {
  port: number
  /** Confluent's API, version 7. */
  url: string
}

/** The last line that runs on Java 17. */
const VERSION = '3.0.9'
const ARTIFACT = `io.apicurio:apicurio-registry-app:${VERSION}:tar.gz:all`
/** Later versions read the artifact's parent, which Maven Central does not have. */
const COPY = 'org.apache.maven.plugins:maven-dependency-plugin:2.8:copy'
const LEAST_JAVA = 17

/** Without a directory schemas live in memory and end with the process. */
export async function openRegistry({ directory, port }: { directory?: string; port?: number } = {}): Promise<RegistryServer> {
  const home = await fetchRegistry()
  const at = port ?? (await freePort())
  const url = `http://127.0.0.1:${at}/apis/ccompat/v7`
  // WRITE_DELAY=0: what was answered is on disk, also for a kill -9 right after it.
  const storage = directory === undefined ? `mem:${randomUUID()}` : `file:${join(directory, 'registry')};WRITE_DELAY=0`
  const settings = {
    'quarkus.http.host': '127.0.0.1',
    'quarkus.http.port': String(at),
    'quarkus.http.access-log.enabled': 'false',
    'apicurio.datasource.url': `jdbc:h2:${storage}`,
  }
  const server = await startServerProcess({
    name: `the schema registry on port ${at}`,
    command: 'java',
    args: [
      ...['-Xmx384m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC'],
      ...Object.entries(settings).map(([name, value]) => `-D${name}=${value}`),
      ...['-jar', `apicurio-registry-app-${VERSION}-runner.jar`],
    ],
    cwd: home,
    isUp: () => answersOk(`${url}/subjects`),
    startWithinMs: 60_000,
  })
  return { ...server, port: at, url }
}

/** 104 MiB by Maven, unpacked by tar. Rejects where Java is too old to run it. */
export async function fetchRegistry(): Promise<string> {
  await checkJava()
  return await fetchArtifact({
    name: 'apicurio-registry',
    version: VERSION,
    make: async directory => {
      await runProgram('mvn', ['-B', '-q', COPY, `-Dartifact=${ARTIFACT}`, `-DoutputDirectory=${directory}`])
      for (const archive of (await readdir(directory)).filter(name => name.endsWith('.tar.gz'))) {
        await runProgram('tar', ['-xzf', join(directory, archive), '-C', directory])
        await rm(join(directory, archive))
      }
    },
  })
}

async function checkJava(): Promise<void> {
  const printed = await runProgram('java', ['-version'])
  const version = Number(/version "(\d+)/.exec(printed)?.[1])
  if (!(version >= LEAST_JAVA)) throw new Error(`expected Java ${LEAST_JAVA} or newer, got ${version}`)
}
