// A real schema registry on loopback: Apicurio with Confluent's API; schemas survive its restarts where it has a directory.
import { randomUUID } from 'node:crypto'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fetchArtifact, type OnFetch, runProgram } from './fetch-artifact.ts'
import { requireJava } from './java.ts'
import { type JavaClasses, readyClasses } from './java-classes.ts'
import { requireService } from './require-service.ts'
import { answersOk, freePort, type ServerProcess, startServerProcess } from './server-process.ts'

export type RegistryServer = ServerProcess & {
  port: number
  /** Confluent's API, version 7. */
  url: string
}

/** The last line that runs on Java 17. */
export const REGISTRY_VERSION = '3.0.9'
const ARTIFACT = `io.apicurio:apicurio-registry-app:${REGISTRY_VERSION}:tar.gz:all`
/** Later versions read the artifact's parent, which Maven Central does not have. */
const COPY = 'org.apache.maven.plugins:maven-dependency-plugin:2.8:copy'
type RegistryOptions = {
  /** Without one schemas live in memory and end with the process. */
  directory?: string
  port?: number | undefined
  /** Settings by the names of its environment variables; they win over ours. */
  env?: Readonly<Record<string, string>>
  /** What its JVM is told of parsed classes [to use those that are ready]. */
  classes?: JavaClasses
}

export async function openRegistry(options: RegistryOptions = {}, signal?: AbortSignal): Promise<RegistryServer> {
  const { directory, port, env = {} } = options
  const home = await fetchRegistry()
  const classes = options.classes ?? (await readyClasses(home))
  const at = port ?? (await freePort())
  const url = `http://127.0.0.1:${at}/apis/ccompat/v7`
  // WRITE_DELAY=0: what was answered is on disk, also for a kill -9 right after it.
  const storage = directory === undefined ? `mem:${randomUUID()}` : `file:${join(directory, 'registry')};WRITE_DELAY=0`
  const settings = {
    QUARKUS_HTTP_HOST: '127.0.0.1',
    QUARKUS_HTTP_PORT: String(at),
    QUARKUS_HTTP_ACCESS_LOG_ENABLED: 'false',
    APICURIO_DATASOURCE_URL: `jdbc:h2:${storage}`,
  }
  const server = await startServerProcess(
    {
      name: `the schema registry on port ${at}`,
      command: 'java',
      args: [...jvm, ...classes.flags, '-jar', `apicurio-registry-app-${REGISTRY_VERSION}-runner.jar`],
      cwd: home,
      env: { ...settings, ...env },
      isUp: () => answersOk(`${url}/subjects`),
      startWithinMs: classes.startWithinMs,
      stopWithinMs: classes.stopWithinMs,
    },
    signal,
  )
  return { ...server, port: at, url }
}

const jvm = ['-Xmx384m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC']

/** Fetches it where it is not there. Rejects with ServiceMissing. */
export const requireRegistry = (onFetch?: OnFetch, signal?: AbortSignal): Promise<void> =>
  requireService('the schema registry is missing: install Java 17 or newer and Maven, which fetches it once', () =>
    fetchRegistry(onFetch, signal),
  )

/** 104 MiB by Maven, unpacked by tar. Rejects where Java is too old to run it. */
export async function fetchRegistry(onFetch?: OnFetch, signal?: AbortSignal): Promise<string> {
  await requireJava(signal)
  const make = async (directory: string) => {
    await runProgram('mvn', ['-B', '-q', COPY, `-Dartifact=${ARTIFACT}`, `-DoutputDirectory=${directory}`], { signal })
    for (const archive of (await readdir(directory)).filter(name => name.endsWith('.tar.gz'))) {
      await runProgram('tar', ['-xzf', join(directory, archive), '-C', directory], { signal })
      await rm(join(directory, archive))
    }
  }
  return await fetchArtifact({ name: 'apicurio-registry', version: REGISTRY_VERSION, make }, onFetch)
}
