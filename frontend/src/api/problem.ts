// What the server says went wrong: its problem details as an error, and the words for when it cannot be reached.
import type { ProblemDetail } from "./types";

export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly requestId: string;
  readonly problems: ReadonlyArray<{ code?: string; message: string; field?: string | null; node_id?: string | null }>;

  constructor(detail: Pick<ProblemDetail, "status" | "code" | "detail" | "request_id" | "problems">) {
    super(detail.detail);
    this.name = "Problem";
    this.status = detail.status;
    this.code = detail.code;
    this.requestId = detail.request_id;
    this.problems = (detail.problems ?? []) as Problem["problems"];
  }
}

/** The server was not reached at all: trying again later may help. */
export class Unreachable extends Error {
  constructor(cause: unknown) {
    super("The server can’t be reached. Your work is kept in this browser until the server responds.", { cause });
    this.name = "Unreachable";
  }
}

export async function problemOf(response: Response): Promise<Problem> {
  const told = await response.json().catch(() => null);
  if (told !== null && typeof told === "object" && typeof (told as ProblemDetail).detail === "string") {
    return new Problem(told as ProblemDetail);
  }
  return new Problem({
    status: response.status,
    code: "UNEXPECTED",
    detail: `The server answered with an error (${response.status}). Try again; the server’s log has details.`,
    request_id: response.headers.get("x-request-id") ?? "",
  });
}

/** A sentence for the person, with the request id where there is one. */
export function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : "Something went wrong. Try again.";
}
