// Whether a program reads us. Known before any verb is, so that what is wrong with the command line is told in JSON, too.

export function jsonIsWanted(argv: readonly string[] = process.argv): boolean {
  const words = argv.slice(2) // behind Node and our own file
  const end = words.indexOf('--')
  return (end === -1 ? words : words.slice(0, end)).includes('--json')
}
