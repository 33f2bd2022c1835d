// The programs of examples/ and what they need, fetched once: Kafka clients that share no code with us.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fetchArtifact, hashOf, runProgram } from './fetch-artifact.ts'
import { requireJava } from './java.ts'
import { requireService, whyMissing } from './require-service.ts'

export type Program = { command: string; args: readonly string[] }

const example = (path: string): string => fileURLToPath(new URL(`../../examples/${path}`, import.meta.url))
const requirements = example('requirements.txt')
const pom = example('java/pom.xml')

/** null: the programs of examples/ run here; otherwise one sentence how to mend it. Asking fetches what can be fetched. */
export const strangersAvailable = (): Promise<string | null> =>
  whyMissing(() =>
    requireService(
      'what reads topics from outside is missing: install kcat, Python 3.11 with venv, Java 17 and Maven, or newer ones; the rest is fetched once',
      () => Promise.all([runProgram('kcat', ['-V']), fetchPythonClient(), requireJava().then(fetchJavaClient)]),
    ),
  )

/** It takes brokers, the registry's Confluent API and topics, and never ends. */
export const pythonConsumer = async (): Promise<Program> => ({
  command: join(await fetchPythonClient(), 'bin', 'python'),
  args: [example('consume.py')],
})

/** It takes brokers, the registry's Confluent API and topics, and never ends. */
export const nodeConsumer: Program = { command: process.execPath, args: [example('consume.mjs')] }

/** It takes brokers, Apicurio's own API and topics, and never ends. */
export const javaConsumer = async (): Promise<Program> => ({
  command: 'java',
  args: [...jvm, '-cp', join(await fetchJavaClient(), '*'), example('java/Consume.java')],
})
const jvm = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1']

/** It takes brokers and one topic, and ends where the topic ends. */
export const headerList: Program = { command: 'sh', args: [example('headers.sh')] }

/** Other requirements or another Python, another directory. */
async function fetchPythonClient(): Promise<string> {
  const python = await runProgram('python3', ['--version'])
  return fetchArtifact({
    name: 'python-client',
    version: hashOf(python, await readFile(requirements, 'utf8')),
    make: async directory => {
      await runProgram('python3', ['-m', 'venv', directory])
      await runProgram(join(directory, 'bin', 'python'), ['-m', 'pip', 'install', '-q', '-r', requirements])
    },
  })
}

async function fetchJavaClient(): Promise<string> {
  return fetchArtifact({
    name: 'java-client',
    version: hashOf(await readFile(pom, 'utf8')),
    make: async directory => {
      await runProgram('mvn', ['-q', '-B', '-f', pom, 'dependency:copy-dependencies', `-DoutputDirectory=${directory}`])
    },
  })
}
