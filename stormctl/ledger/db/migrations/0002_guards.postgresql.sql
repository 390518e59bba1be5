-- What no statement may do, whoever wrote it. Triggers are written differently for each database.

CREATE FUNCTION stormctl_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'integrity_constraint_violation';
END
$$;

CREATE TRIGGER attempts_answer_once BEFORE UPDATE ON attempts FOR EACH ROW
WHEN (OLD.answer IS NOT NULL AND (
    NEW.answer IS DISTINCT FROM OLD.answer OR NEW.answer_code <> OLD.answer_code OR NEW.answer_why <> OLD.answer_why
))
EXECUTE FUNCTION stormctl_refuse('an attempt is answered once');

CREATE TRIGGER attempts_sent_once BEFORE UPDATE ON attempts FOR EACH ROW
WHEN (OLD.sending_at IS NOT NULL AND NEW.sending_at IS DISTINCT FROM OLD.sending_at)
EXECUTE FUNCTION stormctl_refuse('an attempt is sent once');

CREATE TRIGGER attempts_receipt_once BEFORE UPDATE ON attempts FOR EACH ROW
WHEN (OLD.post_id IS NOT NULL AND NEW.post_id IS DISTINCT FROM OLD.post_id)
EXECUTE FUNCTION stormctl_refuse('a receipt never changes');

CREATE TRIGGER deliveries_delivered_once BEFORE UPDATE ON deliveries FOR EACH ROW
WHEN (OLD.state = 'delivered' AND (
    NEW.state NOT IN ('delivered', 'retracted') OR NEW.post_id IS DISTINCT FROM OLD.post_id OR NEW.post <> OLD.post
))
EXECUTE FUNCTION stormctl_refuse('a delivered post is only ever retracted');
