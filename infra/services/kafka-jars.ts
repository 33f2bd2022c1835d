// Apache Kafka's jars, fetched once by Maven, and the Java that runs them.
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { fetchArtifact, runProgram } from './fetch-artifact.ts'

const pom = fileURLToPath(new URL('pom.xml', import.meta.url))
const OLDEST_JAVA = 17

/** null: Kafka can be started here; otherwise one sentence that says how to mend it. Asking fetches what can be fetched. */
export async function kafkaAvailable(): Promise<string | null> {
  try {
    await requireJava()
    await fetchKafkaJars()
    return null
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return `Kafka is missing: install Java ${OLDEST_JAVA} or newer and Maven, which fetches it once (${reason.replaceAll(/\s+/g, ' ')})`
  }
}

/** The directory of the jars; another pom.xml, another directory. */
export async function fetchKafkaJars(): Promise<string> {
  const hash = createHash('sha256').update(await readFile(pom))
  return fetchArtifact({
    name: 'kafka',
    version: hash.digest('hex').slice(0, 12),
    make: async directory => {
      await runProgram('mvn', ['-q', '-B', '-f', pom, 'dependency:copy-dependencies', `-DoutputDirectory=${directory}`])
    },
  })
}

/** It says `openjdk version "17.0.15"`, older ones `"1.8.0"`. */
async function requireJava(): Promise<void> {
  const said = await runProgram('java', ['-version'])
  const major = Number(/version "(\d+)/.exec(said)?.[1])
  if (!(major >= OLDEST_JAVA)) throw new Error(`expected Java ${OLDEST_JAVA} or newer, got: ${said.slice(0, 100)}`)
}
