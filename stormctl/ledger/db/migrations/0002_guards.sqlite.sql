-- What no statement may do, whoever wrote it. Triggers are written differently for each database.

CREATE TRIGGER attempts_answer_once BEFORE UPDATE ON attempts
WHEN OLD.answer IS NOT NULL AND (
    NEW.answer IS NOT OLD.answer OR NEW.answer_code <> OLD.answer_code OR NEW.answer_why <> OLD.answer_why
)
BEGIN
    SELECT RAISE(ABORT, 'an attempt is answered once');
END;

CREATE TRIGGER attempts_sent_once BEFORE UPDATE ON attempts
WHEN OLD.sending_at IS NOT NULL AND NEW.sending_at IS NOT OLD.sending_at
BEGIN
    SELECT RAISE(ABORT, 'an attempt is sent once');
END;

CREATE TRIGGER attempts_receipt_once BEFORE UPDATE ON attempts
WHEN OLD.post_id IS NOT NULL AND NEW.post_id IS NOT OLD.post_id
BEGIN
    SELECT RAISE(ABORT, 'a receipt never changes');
END;

CREATE TRIGGER deliveries_delivered_once BEFORE UPDATE ON deliveries
WHEN OLD.state = 'delivered' AND (
    NEW.state NOT IN ('delivered', 'retracted') OR NEW.post_id IS NOT OLD.post_id OR NEW.post <> OLD.post
)
BEGIN
    SELECT RAISE(ABORT, 'a delivered post is only ever retracted');
END;
