// Apache Kafka's jars, fetched once by Maven.
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { fetchArtifact, type OnFetch, runProgram } from './fetch-artifact.ts'
import { requireJava } from './java.ts'
import { requireService, whyMissing } from './require-service.ts'

const pom = fileURLToPath(new URL('pom.xml', import.meta.url))

/** Fetches it where it is not there. Rejects with ServiceMissing. */
export const requireKafka = (onFetch?: OnFetch, signal?: AbortSignal): Promise<void> =>
  requireService('Kafka is missing: install Java 17 or newer and Maven, which fetches it once', async () => {
    await requireJava(signal)
    await fetchKafkaJars(onFetch, signal)
  })

/** null: Kafka can be started here; otherwise one sentence that says how to mend it. Asking fetches what can be fetched. */
export const kafkaAvailable = (): Promise<string | null> => whyMissing(requireKafka)

/** The directory of the jars; another pom.xml, another directory. */
export async function fetchKafkaJars(onFetch?: OnFetch, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256').update(await readFile(pom))
  const copy = ['-q', '-B', '-f', pom, 'dependency:copy-dependencies']
  const make = async (directory: string) => {
    await runProgram('mvn', [...copy, `-DoutputDirectory=${directory}`], { signal })
  }
  return fetchArtifact({ name: 'kafka', version: hash.digest('hex').slice(0, 12), make }, onFetch)
}
