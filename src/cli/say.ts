// How it goes, a line at a time on stderr: stdout is the result.

export const say = (line: string) => void process.stderr.write(`${line}\n`)
