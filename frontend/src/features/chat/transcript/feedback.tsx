// Why an answer was good or bad, in the person's words.
import { type FormEvent, useState } from "react";
import type { FeedbackOut } from "@/api";
import { Button } from "@/ui/button";
import { Input } from "@/ui/field";

/** Null takes the feedback away. */
export type Rate = (rating: FeedbackOut["rating"] | null, reason?: string) => void;

export function Reason({ feedback, rate }: { feedback: FeedbackOut; rate: Rate }) {
  const [text, setText] = useState(feedback.reason);
  const [editing, setEditing] = useState(feedback.reason === "");
  const send = (event: FormEvent) => {
    event.preventDefault();
    setEditing(false);
    rate(feedback.rating, text.trim());
  };
  if (!editing) {
    return (
      <p className="mt-1 flex items-center gap-2 text-sm text-muted">
        {feedback.reason ? `Your feedback: ${feedback.reason}` : "Thank you for your feedback."}
        <Button variant="quiet" className="h-7 px-2 text-xs" onClick={() => setEditing(true)}>
          Change
        </Button>
      </p>
    );
  }
  return (
    <form onSubmit={send} className="mt-1 flex max-w-xl items-center gap-2">
      <Input
        aria-label="Reason"
        dir="auto"
        placeholder={feedback.rating === "up" ? "What was good? (optional)" : "What was wrong? (optional)"}
        maxLength={5_000}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <Button type="submit" className="h-9">
        Send
      </Button>
    </form>
  );
}
