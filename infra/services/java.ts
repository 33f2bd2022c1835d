// The Java that runs Kafka and the registry.
import { runProgram } from './fetch-artifact.ts'

const OLDEST_JAVA = 17

/** It says `openjdk version "17.0.15"`, older ones `"1.8.0"`. */
export async function requireJava(signal?: AbortSignal): Promise<void> {
  const said = await runProgram('java', ['-version'], { signal })
  const major = Number(/version "(\d+)/.exec(said)?.[1])
  if (!(major >= OLDEST_JAVA))
    throw Object.assign(new Error(`expected Java ${OLDEST_JAVA} or newer, got: ${said.slice(0, 100)}`), { code: 'misconfigured' })
}
