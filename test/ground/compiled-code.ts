// What programs that tests start are given, so that they do not compile all of zaplog each time: it is a fourth of what a start costs.
// biome-ignore lint/correctness/useImportExtensions: it is JavaScript, with its types beside it
import { compiledCodeDirectory } from '../../bin/own-directory.mjs'

const directory = compiledCodeDirectory(process.env)

/** Of an environment. Node itself keeps the code, for each of its versions apart, where bin/run.mjs has it kept as well. */
export const withCompiledCode: Readonly<Record<string, string>> = directory === null ? {} : { NODE_COMPILE_CACHE: directory }
