// Asks once for the token that a guarded server wants.
import { type FormEvent, useState } from "react";
import { giveToken, useTokenPrompt } from "@/api";
import { Button } from "@/ui/button";
import { Dialog, DialogBody, DialogFoot } from "@/ui/dialog";
import { Field, Input } from "@/ui/field";

export default function TokenPrompt() {
  const refused = useTokenPrompt((state) => state.refused);
  const [text, setText] = useState("");
  const give = (event: FormEvent) => {
    event.preventDefault();
    if (text.trim()) giveToken(text.trim());
  };
  return (
    <Dialog
      open
      onOpenChange={() => {}}
      title="This server requires a token"
      description="Ask the person who runs the server for it (setting GENAI_STACK_TOKEN). It is stored in this browser."
    >
      <form onSubmit={give} className="contents">
        <DialogBody>
          <Field label="Token" error={refused ? "The server rejected this token. Try again." : undefined}>
            {(described) => (
              <Input
                {...described}
                autoFocus
                type="password"
                autoComplete="current-password"
                value={text}
                onChange={(event) => setText(event.target.value)}
              />
            )}
          </Field>
        </DialogBody>
        <DialogFoot>
          <Button type="submit" variant="primary" disabled={!text.trim()}>
            Continue
          </Button>
        </DialogFoot>
      </form>
    </Dialog>
  );
}
