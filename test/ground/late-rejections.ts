// A promise that is rejected before anybody listens fails the run: vitest says which test ran. Where somebody listens later, Node warns
// without a name, also of a worker that ends before vitest has heard of it: this says the file, the test and the reason instead.
import { writeSync } from 'node:fs'
import { relative } from 'node:path'
import { expect } from 'vitest'
import { describeError } from '../../src/runtime/logger.ts'

// Files of one worker share its process, and this is loaded for each of them.
process.removeAllListeners('rejectionHandled')
process.on('rejectionHandled', (promise: Promise<unknown>) => {
  const { testPath = '', currentTestName = 'no test yet' } = expect.getState()
  const where = `${relative(process.cwd(), testPath)}: ${currentTestName}`
  promise.catch(reason => writeSync(process.stderr.fd, `handled too late, in or after ${where}: ${describeError(reason)}\n`))
})
