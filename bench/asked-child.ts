import { type ChildProcess, fork } from 'node:child_process'

type Ask<Question extends object, Answer extends { kind: string }> = <Kind extends Answer['kind']>(
  question: Question,
) => Promise<Extract<Answer, { kind: Kind }>>

/** A process of its own that answers each message with one; one question at a time. It ends with us, or disconnected. */
export function forkAsked<Question extends object, Answer extends { kind: string }>(
  file: URL,
): { child: ChildProcess; ask: Ask<Question, Answer> } {
  const child = fork(file, { stdio: 'inherit' })
  return {
    child,
    ask: (question) =>
      new Promise((resolve, reject) => {
        const ended = () => reject(new Error('the marketplaces ended'))
        child.once('exit', ended)
        child.once('message', (answer) => {
          child.off('exit', ended)
          resolve(answer as never)
        })
        child.send(question)
      }),
  }
}
