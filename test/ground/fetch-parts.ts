// For a machine that is new: fetches and makes what tests of external parts would fetch, and what makes their Java servers start sooner.
// Ends with 1 and says what could not be had; tests that need it ask once more, and say so themselves. Servers that start no sooner are said alone.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { registryAvailable, s3Available } from '../../infra/services/available.ts'
import { makeClasses } from '../../infra/services/java-classes.ts'
import { openKafka } from '../../infra/services/kafka.ts'
import { fetchKafkaJars, kafkaAvailable } from '../../infra/services/kafka-jars.ts'
import { postgresToolsAvailable } from '../../infra/services/postgres-tools.ts'
import { fetchRegistry, openRegistry } from '../../infra/services/registry.ts'
import { strangersAvailable } from '../../infra/services/strangers.ts'
import { describeError } from '../../src/runtime/logger.ts'
import { collectorAvailable } from './collector/open-collector.ts'
import { composeLoaderAvailable } from './docker/compose-loader.ts'

const directory = await mkdtemp(join(tmpdir(), 'zaplog-fetch-parts-'))
const kafka = kafkaAvailable()
const registry = registryAvailable()
const parts = [
  kafka,
  registry,
  s3Available(),
  composeLoaderAvailable(),
  collectorAvailable(),
  strangersAvailable(),
  postgresToolsAvailable(),
]
const classes = [
  madeBehind(kafka, async () =>
    makeClasses(await fetchKafkaJars(), its => openKafka({ directory: join(directory, 'kafka'), classes: its })),
  ),
  madeBehind(registry, async () => makeClasses(await fetchRegistry(), its => openRegistry({ classes: its }))),
]
const missing = (await Promise.all(parts)).filter(sentence => sentence !== null)
const slower = (await Promise.all(classes)).filter(sentence => sentence !== null)
await rm(directory, { recursive: true, force: true })

for (const sentence of [...missing, ...slower]) process.stdout.write(`${sentence}\n`)
process.exitCode = missing.length === 0 ? 0 : 1

/** null: they are there, or their part is missing, which is said anyway. */
async function madeBehind(part: Promise<string | null>, make: () => Promise<void>): Promise<string | null> {
  return (await part) === null ? make().then(() => null, describeError) : null
}
