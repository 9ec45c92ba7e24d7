// A long text such as instructions: a box in the panel, and a large editor over the page.
import { Maximize2 } from "lucide-react";
import { useState } from "react";
import { Button, IconButton } from "@/ui/button";
import { Dialog, DialogBody, DialogFoot } from "@/ui/dialog";
import { Field, TextArea } from "@/ui/field";
import { orNull, outer, type WidgetProps } from "./widget";

export function LongText(props: WidgetProps) {
  const { field, value, set } = props;
  const [large, setLarge] = useState(false);
  const text = String(value ?? "");
  const box = {
    value: text,
    maxLength: field.maxLength,
    onChange: (event: { target: { value: string } }) => set(orNull(field, event.target.value)),
  };
  return (
    <Field
      {...outer(props)}
      beside={
        <IconButton label="Open a large editor" className="-my-2" onClick={() => setLarge(true)}>
          <Maximize2 />
        </IconButton>
      }
    >
      {(described) => (
        <>
          <TextArea {...described} className="max-h-96" {...box} />
          <Dialog open={large} onOpenChange={setLarge} title={field.title} description={field.help} width="full">
            <DialogBody className="flex flex-1 flex-col">
              <TextArea
                autoFocus
                aria-label={field.title}
                className="min-h-0 flex-1 resize-none field-sizing-fixed font-mono text-sm"
                {...box}
              />
            </DialogBody>
            <DialogFoot>
              <span className="mr-auto self-center text-sm text-muted tabular-nums">
                {text.length.toLocaleString("en")} characters
              </span>
              <Button variant="primary" onClick={() => setLarge(false)}>
                Done
              </Button>
            </DialogFoot>
          </Dialog>
        </>
      )}
    </Field>
  );
}
