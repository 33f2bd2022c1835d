// A verb of the command line from its beginning to its end; one that hangs is killed with its test.
import { launchVerb } from './verb.ts'

/** code: null where a signal ended it. */
export async function runVerb(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  how: Parameters<typeof launchVerb>[2] = 'directly',
) {
  const verb = launchVerb(args, env, how)
  const code = await verb.ended
  return { code, out: verb.stdout(), err: verb.stderr() }
}
