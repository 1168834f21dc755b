-- Jobs whose texts and addresses are still kept: those that ended before they had planned a message have them in their payload alone.
CREATE INDEX job_message_text ON :"statusplane".job (finished_at)
  WHERE job_type = 'message_send' AND finished_at IS NOT NULL AND payload::text <> '{}';
