// Loads a verb that stands on the simulator or on the launchers: they are part of the repository, and left out of the image.
import { exitCodes } from './exit-codes.ts'
import { sayProblem } from './problem.ts'

/** Ends the process with one sentence where they are not there. */
export async function fromRepository<Verb>(verb: string, load: () => Promise<Verb>): Promise<Verb> {
  try {
    return await load()
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND')) throw error
    const missing = /[\\/](simulator|infra)[\\/]/.exec(error.message)?.[1]
    if (missing === undefined) throw error
    const what = missing === 'simulator' ? 'the simulator is' : 'the launchers of services are'
    const detail = `zaplog ${verb}: ${what} in the repository, not in the image`
    sayProblem({ detail, exitCode: exitCodes.configuration })
    process.exit(exitCodes.configuration)
  }
}
